"""The built front end under /static/."""

from io import BytesIO

from django.http import HttpRequest, HttpResponse
from whitenoise.middleware import WhiteNoiseMiddleware  # type: ignore[import-untyped]  # it ships no types
from whitenoise.responders import StaticFile  # type: ignore[import-untyped]


class AssetsMiddleware(WhiteNoiseMiddleware):  # type: ignore[misc]  # for the same reason
    """WhiteNoise, answering with the whole file at once.

    Its own answer streams the file synchronously, which Django warns about under ASGI; our files are small.
    """

    @staticmethod
    def serve(static_file: StaticFile, request: HttpRequest) -> HttpResponse:
        found = static_file.get_response(request.method, request.META)
        with found.file or BytesIO() as content:
            answer = HttpResponse(content.read(), status=int(found.status))
        del answer["content-type"]
        for name, value in found.headers:
            answer[name] = value
        return answer
