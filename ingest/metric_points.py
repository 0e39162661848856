"""Data points: those of model calls and of engines that serve models are kept, all others counted alone."""

from collections.abc import Iterable

from ingest.answers import JSON
from ingest.cursor import Body
from ingest.errors import Malformed, TooLarge
from ingest.limits import RECORDS
from ingest.metric_points_buckets import BadBuckets
from ingest.metric_points_json import from_json
from ingest.metric_points_protobuf import from_protobuf
from ingest.metric_points_sent import Broken, Sending, Unkept, WithoutTime, point
from ingest.records import BAD_BUCKETS, POINT_WITHOUT_TIME, Records
from ingest.redaction.redactor import Redactor
from ledger.domain.metric_point import MetricPoint

UNNAMED = "unnamed"


def reading(body: Body, content_type: str, redactor: Redactor) -> Records:
    """Reads a request for metrics; raises a Refusal where it can't be read as a whole."""
    found, kept, strange, seen = Records(), list[MetricPoint](), False, 0
    for sent in points(body, content_type):
        seen += sent.points if isinstance(sent, Unkept) else 1
        if seen > RECORDS:
            raise TooLarge("data points", RECORDS)
        if isinstance(sent, Unkept):
            found.counted[sent.name or UNNAMED] += sent.points
        elif isinstance(sent, Broken):
            found.reject(sent.reason, redactor.sample(sample(sent)))
            strange = strange or sent.strange
        else:
            take(sent, kept, found, redactor)
    if strange and not kept and not found.counted.total():
        raise Malformed("Nothing in here is a metric: were traces or logs sent to the metrics path?")
    found.keep("points", kept, size_of)
    return found


def points(body: Body, content_type: str) -> Iterable[Sending | Unkept | Broken]:
    return from_json(body) if content_type == JSON else from_protobuf(body)


def take(sent: Sending, kept: list[MetricPoint], found: Records, redactor: Redactor) -> None:
    try:
        made = point(sent.point, sent.metric, sent.origin)
    except (BadBuckets, WithoutTime) as error:
        reason = BAD_BUCKETS if isinstance(error, BadBuckets) else POINT_WITHOUT_TIME
        found.reject(reason, redactor.sample(sample(Broken(reason, sent.metric.name, sent.origin))))
    else:
        kept.append(redactor.item(made, (), ("attributes",)))


def size_of(point: MetricPoint) -> int:
    return 512 + 24 * len(point.buckets) + sum(len(key) + len(value) for key, value in point.attributes.items())


def sample(broken: Broken) -> str:
    """Which metric a rejected point is of, and who sent it."""
    return f"metric {broken.name[:80] or '–'}, from {broken.origin.scope[:80] or '–'}"
