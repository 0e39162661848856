"""Data points at the door: which are kept, how each kind is read, what is refused."""

from contextlib import suppress

import orjson
import pytest
from google.protobuf.json_format import MessageToDict
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    ExponentialHistogram,
    ExponentialHistogramDataPoint,
    Gauge,
    Histogram,
    HistogramDataPoint,
    Metric,
    NumberDataPoint,
    Sum,
    Summary,
    SummaryDataPoint,
)

from ingest.answers import JSON, PROTOBUF
from ingest.errors import Malformed, TooLarge
from ingest.limits import BUCKETS, RECORDS
from ingest.metric_points import reading
from ingest.records import Records
from tests.ingest import requests
from tests.ingest.captured import COMBINATIONS
from tests.ingest.records import START, items, logs, metrics, pairs, record, redactor
from tests.ingest.test_protobuf import field

CAPTURED = [one for combo in COMBINATIONS for one in combo.requests if one.path == "/v1/metrics"]
DELTA, CUMULATIVE = 1, 2

Buckets = ExponentialHistogramDataPoint.Buckets


def read(body: bytes, content_type: str = PROTOBUF) -> Records:
    return reading(body, content_type, redactor())


def gauge(name: str = "vllm:num_requests_running", *values: float, at: int = START, **attributes: str) -> Metric:
    points = [
        NumberDataPoint(time_unix_nano=at + 1000 * number, as_double=value, attributes=pairs(attributes))
        for number, value in enumerate(values or (3.0,))
    ]
    return Metric(name=name, unit="{request}", gauge=Gauge(data_points=points))


def histogram(counts: list[int], bounds: list[float], name: str = "gen_ai.client.operation.duration") -> Metric:
    point = HistogramDataPoint(
        time_unix_nano=START, count=sum(counts), sum=1.5, bucket_counts=counts, explicit_bounds=bounds
    )
    return Metric(name=name, histogram=Histogram(data_points=[point], aggregation_temporality=CUMULATIVE))


def exponential(**told: object) -> Metric:
    point = ExponentialHistogramDataPoint(time_unix_nano=START, **told)  # type: ignore[arg-type]
    return Metric(name="gen_ai.x", exponential_histogram=ExponentialHistogram(data_points=[point]))


def only(*sent: Metric) -> dict[str, object]:
    (item,) = items(read(metrics(*sent)), "points")
    return item


class TestKinds:
    def test_a_gauge_has_a_value_a_unit_and_its_attributes_as_texts(self) -> None:
        point = only(gauge(model_name="llama"))

        assert (point["kind"], point["value"], point["unit"]) == ("gauge", 3.0, "{request}")
        assert (point["attributes"], point["service"]) == ({"model_name": "llama"}, "shop")
        assert point["time"] == START // 1000

    def test_a_sum_has_a_temporality_and_a_direction_and_may_be_a_negative_whole_number(self) -> None:
        points = [NumberDataPoint(time_unix_nano=START, start_time_unix_nano=START - 5000, as_int=-7)]
        sent = Metric(name="llm.x", sum=Sum(data_points=points, aggregation_temporality=DELTA, is_monotonic=True))

        point = only(sent)

        assert (point["kind"], point["value"], point["temporality"], point["monotonic"]) == ("sum", -7, "delta", True)
        assert point["start"] == START // 1000 - 5

    def test_a_histogram_has_one_bucket_more_than_bounds(self) -> None:
        point = only(histogram([1, 0, 2], [0.5, 1.0]))

        assert (point["bounds"], point["buckets"]) == ([0.5, 1.0], [1, 0, 2])
        assert (point["count"], point["sum"], point["min"], point["max"]) == (3, 1.5, None, None)

    def test_an_exponential_histogram_gets_bounds_that_are_written_out(self) -> None:
        """At scale 0 bucket n reaches from 2^n to 2^(n+1): 3 in (2, 4], 4 in (4, 8], one zero, 2 in [-2, -1)."""
        positive, negative = Buckets(offset=1, bucket_counts=[3, 4]), Buckets(offset=0, bucket_counts=[2])
        point = only(exponential(count=10, zero_count=1, positive=positive, negative=negative))

        assert point["bounds"] == [-2, -1, 2, 4, 8]
        assert point["buckets"] == [0, 2, 1, 3, 4, 0]

    def test_a_finer_scale_has_finer_bounds(self) -> None:
        """At scale 1 the base is the root of 2."""
        point = only(exponential(scale=1, positive=Buckets(offset=-2, bucket_counts=[1, 1])))

        assert point["bounds"] == [0.5, pytest.approx(0.5 * 2**0.5), 1.0]

    def test_an_exponential_histogram_of_zeros_alone_has_one_bucket(self) -> None:
        point = only(exponential(count=5, zero_count=5))

        assert (point["bounds"], point["buckets"]) == ([], [5])

    def test_of_a_summary_count_and_sum_are_kept(self) -> None:
        points = [SummaryDataPoint(time_unix_nano=START, count=4, sum=2.5)]

        point = only(Metric(name="tgi_request_duration", summary=Summary(data_points=points)))

        assert (point["kind"], point["count"], point["sum"]) == ("summary", 4, 2.5)

    def test_json_is_read_as_protobuf_is(self) -> None:
        positive = Buckets(offset=1, bucket_counts=[3, 4])
        raw = metrics(gauge(), histogram([1, 2], [0.5]), exponential(scale=-1, zero_count=1, positive=positive))
        whole = orjson.dumps(MessageToDict(ExportMetricsServiceRequest.FromString(raw)))

        assert items(read(whole, JSON), "points") == items(read(raw), "points")


class TestSeries:
    def test_points_of_one_metric_sender_and_set_of_attributes_share_a_series(self) -> None:
        first, second = items(read(metrics(gauge("vllm:x", 1, 2, engine="0"))), "points")

        assert first["series"] == second["series"]

    def test_another_attribute_process_or_metric_is_another_series(self) -> None:
        sent = [
            metrics(gauge("vllm:x")),
            metrics(gauge("vllm:y")),
            metrics(gauge("vllm:x", engine="1")),
            metrics(gauge("vllm:x", engine="1" * 5000)),
            metrics(gauge("vllm:x", engine="1" * 5001)),
            metrics(gauge("vllm:x"), resource={"service.instance.id": "2"}),
        ]

        assert len({items(read(raw), "points")[0]["series"] for raw in sent}) == len(sent)

    def test_the_same_request_again_makes_the_same_points(self) -> None:
        for one in CAPTURED:
            assert items(read(one.decoded), "points") == items(read(one.decoded), "points")


class TestNames:
    @pytest.mark.parametrize(
        "name",
        [
            "gen_ai.client.token.usage",
            "gen_ai.server.time_to_first_token",
            "operation.cost",
            "llm.openai.chat_completions.exceptions",
            "claude_code.token.usage",
            "vllm:prompt_tokens_total",
            "vllm_prompt_tokens_total",
            "sglang:cache_hit_rate",
            "tgi_queue_size",
        ],
    )
    def test_what_tells_of_models_and_their_engines_is_kept(self, name: str) -> None:
        assert read(metrics(gauge(name))).kept == 1

    @pytest.mark.parametrize("name", ["http.server.request.duration", "process.cpu.time", "", "my.gen_ai.thing"])
    def test_all_else_is_counted_by_name(self, name: str) -> None:
        found = read(metrics(gauge(name, 1, 2, 3)))

        assert found.counted == {name or "unnamed": 3}
        assert (found.parts, found.message) == ([], "")

    @pytest.mark.parametrize("one", CAPTURED, ids=lambda one: str(len(one.body)))
    def test_every_point_of_the_captured_clients_is_kept(self, one: object) -> None:
        sent = ExportMetricsServiceRequest.FromString(one.decoded)  # type: ignore[attr-defined]
        told = [metric for scope in sent.resource_metrics[0].scope_metrics for metric in scope.metrics]

        found = read(one.decoded)  # type: ignore[attr-defined]

        points = sum(len(getattr(metric, str(metric.WhichOneof("data"))).data_points) for metric in told)
        assert (found.kept, found.counted, found.refused) == (points, {}, 0)


class TestHostile:
    @pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
    def test_a_number_that_is_none_is_unknown(self, value: float) -> None:
        assert only(gauge("vllm:x", value))["value"] is None

    @pytest.mark.parametrize(
        ("counts", "bounds"),
        [
            ([1, 2], [1.0, 2.0]),
            ([1], [1.0]),
            ([1, 2, 3], [2.0, 1.0]),
            ([1, 2, 3], [1.0, 1.0]),
            ([1, 2], [float("nan")]),
            ([1, 2], [float("inf")]),
            ([0] * (BUCKETS + 1), [float(number) for number in range(BUCKETS)]),
        ],
        ids=["too few", "one", "falling", "equal", "no number", "endless", "too many"],
    )
    def test_buckets_that_do_not_fit_are_rejected_and_the_others_kept(
        self, counts: list[int], bounds: list[float]
    ) -> None:
        found = read(metrics(histogram(counts, bounds), gauge()))

        assert (found.kept, list(found.rejected)) == (1, ["bad_buckets"])

    @pytest.mark.parametrize(
        "told",
        [
            {"scale": -11, "positive": Buckets(offset=1, bucket_counts=[1])},
            {"scale": 2**31 - 1, "positive": Buckets(offset=1, bucket_counts=[1, 2])},
            {"scale": -(2**31), "positive": Buckets(offset=5, bucket_counts=[1])},
            {"positive": Buckets(offset=2**31 - 1, bucket_counts=[1])},
            {"positive": Buckets(offset=-(2**31), bucket_counts=[1, 1])},
            {"positive": Buckets(bucket_counts=[1] * BUCKETS)},
        ],
        ids=["coarse", "fine", "coarsest", "high", "low", "many"],
    )
    def test_exponential_buckets_that_no_numbers_bound_are_rejected(self, told: dict[str, object]) -> None:
        assert list(read(metrics(exponential(**told))).rejected) == ["bad_buckets"]

    @pytest.mark.parametrize("at", [0, 10_500_000_000 * 10**9])
    def test_a_point_without_a_time_is_rejected(self, at: int) -> None:
        assert list(read(metrics(gauge(at=at))).rejected) == ["data_point_without_time"]

    def test_a_point_of_more_than_a_mebibyte_is_rejected(self) -> None:
        point = field(5, field(1, field(7, field(1, b"k") + field(2, field(1, b"x" * 2**20)))))

        found = read(field(1, field(2, field(2, field(1, b"gen_ai.x") + point))))

        assert list(found.rejected) == ["data_point_too_large"]

    def test_more_points_than_a_request_may_hold_are_413_kept_or_not(self) -> None:
        for name in (b"gen_ai.x", b"other"):
            metric = field(1, name) + field(5, b"\x0a\x00" * (RECORDS + 1))
            with pytest.raises(TooLarge):
                read(field(1, field(2, field(2, metric))))

    def test_spans_and_logs_on_the_metrics_path_are_400_and_named(self) -> None:
        for raw in (requests.body(requests.span()), logs(record("x"))):
            with pytest.raises(Malformed, match="traces or logs"):
                read(raw)
        with pytest.raises(Malformed, match="/v1/traces"):
            read(b'{"resourceSpans": []}', JSON)

    def test_odd_json_points_are_rejected_one_by_one(self) -> None:
        points = [
            {"timeUnixNano": str(START), "asDouble": "NaN"},
            {"timeUnixNano": str(START), "bucketCounts": ["x"], "explicitBounds": []},
            {"timeUnixNano": str(START), "bucketCounts": [1, 1], "explicitBounds": ["NaN"]},
            {"timeUnixNano": str(START), "count": -1},
            7,
        ]
        metric = {"name": "gen_ai.x", "histogram": {"dataPoints": points}}
        whole = {"resourceMetrics": [{"scopeMetrics": [{"metrics": [metric]}]}]}

        found = read(orjson.dumps(whole), JSON)

        assert (found.kept, found.refused) == (1, 4)

    @given(raw=st.binary(max_size=300))
    def test_any_bytes_are_read_or_refused(self, raw: bytes) -> None:
        for content_type in (PROTOBUF, JSON):
            with suppress(Malformed, TooLarge):
                read(raw, content_type)

    @given(data=st.data())
    def test_any_damage_to_a_real_request_is_read_or_refused(self, data: st.DataObject) -> None:
        real = bytearray(data.draw(st.sampled_from(CAPTURED)).decoded)
        for _ in range(data.draw(st.integers(1, 8))):
            real[data.draw(st.integers(0, len(real) - 1))] = data.draw(st.integers(0, 255))
        with suppress(Malformed, TooLarge):
            read(bytes(real))
