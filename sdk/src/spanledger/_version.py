"""The version of this package, as the instrumentation scope and the User-Agent state it."""

VERSION = "0.1.0"
