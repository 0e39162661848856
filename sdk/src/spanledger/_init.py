"""init(): the one line."""

from spanledger import _instruments, _runtime
from spanledger._errors import NotConfigured
from spanledger._guard import harmless, tell
from spanledger._settings import read_settings


@harmless
def init(
    endpoint: str | None = None,
    api_key: str | None = None,
    *,
    service: str | None = None,
    environment: str | None = None,
    release: str | None = None,
    capture_content: bool = True,
) -> None:
    """Start recording. Call it once, early; a second call changes nothing. It never raises.

    Joins the OpenTelemetry set-up that is already in the process, or starts one, and instruments every supported
    library that is installed: `python -m spanledger doctor` says which.

    Args:
        endpoint: where the ledger takes OTLP over HTTP; else SPANLEDGER_ENDPOINT, else http://127.0.0.1:4318.
        api_key: an ingest or admin key; else SPANLEDGER_API_KEY. Without one the SDK stays off and says so once.
        service: the name of this program; else SPANLEDGER_SERVICE, else OpenTelemetry's own OTEL_SERVICE_NAME.
            Of no effect where the program has a tracer provider already: its resource has the name.
        environment: where it runs, as `production`; else SPANLEDGER_ENVIRONMENT.
        release: the version of your program; else SPANLEDGER_RELEASE.
        capture_content: whether prompts, answers, arguments and results are recorded.
    """
    if _runtime.current() is not None:
        return
    try:
        settings = read_settings(endpoint, api_key, service, environment, release, capture_content)
    except NotConfigured as error:
        tell(type(error).__name__, "%s", error)
        return
    _runtime.begin(settings)
    _instruments.install()
