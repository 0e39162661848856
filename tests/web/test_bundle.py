import json

import pytest

from ledger.web.templatetags import bundle


@pytest.fixture
def built(tmp_path, settings):
    """A manifest as Vite writes it."""

    def build(**files):
        (tmp_path / ".vite").mkdir(exist_ok=True)
        (tmp_path / ".vite" / "manifest.json").write_text(
            json.dumps({name: {"file": file} for name, file in files.items()})
        )

    settings.BUNDLE = tmp_path
    return build


def test_a_source_leads_to_what_it_was_built_into(built):
    built(**{"src/app.ts": "assets/app-1a2b3c4d.js"})

    assert bundle.script("src/app.ts") == '<script type="module" src="/static/assets/app-1a2b3c4d.js"></script>'


def test_a_stylesheet_beside_a_template_is_named_like_it(built):
    built(**{"../platform/ledger/web/templates/web/trace.css": "assets/trace-1a2b3c4d.css"})

    assert bundle.stylesheet("web/trace.css") == '<link rel="stylesheet" href="/static/assets/trace-1a2b3c4d.css">'


def test_what_was_not_built_says_how_to_build_it(built):
    with pytest.raises(bundle.NotBuilt, match="npm run build"):
        bundle.address("src/app.ts")

    built()

    with pytest.raises(bundle.NotBuilt, match="npm run build"):
        bundle.address("src/app.ts")
