"""What one request, one span and one attribute may hold. The documented limits of the door."""

BODY_BYTES = 64 * 1024 * 1024
"""On the wire, and again decoded."""

SPANS = 100_000
"""Spans of one request."""

RATIO = 1000
"""A body may not grow more than this by decompression, once it is bigger than a mebibyte: nothing honest does."""

ELEMENTS = 1_000_000
"""Attributes, events and links of one request, where it is big enough for their number to matter."""

STEPS = 250_000
"""Members and elements of a JSON body around its spans, records or points."""

ITEM_BYTES = 8 * 1024 * 1024
"""One span, log record or metric, its longest texts already cut: what is bigger is not taken."""

ITEM_VALUES = 200_000
"""Lists and objects in one span of JSON, and half its commas."""

VALUES = 1_000_000
"""Members of lists and maps, and whatever else is no plain text, in the attributes of one request."""

BIG_BODY = 4 * 1024 * 1024
"""Bodies up to here can't hold enough elements to hurt, and are not counted through."""

ATTRIBUTES_READ = 10_000
"""Of one span, before its conventions are read: lists of messages are written as one attribute a field."""

ATTRIBUTES_KEPT = 256
"""Of one span, after its messages are taken out."""

WORDS = 2_000
"""Different models, and routes, and so on, of one project in a day."""

TAG_KEYS = 5_000
"""Different names of tags of one project in a day."""

EVENTS = 1_000
LINKS = 1_000

VALUE_LENGTH = 1024 * 1024
"""Characters of one text value: of longer ones the head and the tail are kept, with the length and a digest between."""

KEY_LENGTH = 512
NAME_LENGTH = 1024
DEPTH = 32
"""Levels of lists and maps in one value; what is deeper is replaced by a marker."""

ELEMENT_BYTES = 512 * 1024
"""One score, outcome or charge."""

SCORES = 10_000
"""Scores of one request."""

OUTCOMES = CHARGES = 10_000
"""Of one request."""

RECORDS = 100_000
"""Log records, or data points, of one request."""

POINT_BYTES = 1024 * 1024
"""One data point of a metric that is kept."""

POINT_ATTRIBUTES = 64
BUCKETS = 1_024
"""Of one data point; what a histogram honestly needs is below 200."""
