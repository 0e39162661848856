"""The pages over real stores: what they say, to whom, and how many questions they ask."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from ledger import stores
from ledger.accounts.models import ApiKey, Membership, Project, User
from ledger.domain.prices import Price, Rates
from ledger.domain.windows import Window
from ledger.jobs.models import Job
from ledger.prices.models import PriceRow
from ledger.prices.repricing import KIND, asked_for
from ledger.store import metrics
from ledger.store.client import Store, connect
from ledger.store.prices import publish
from tests.web import sample

NOW = datetime.now(UTC).replace(microsecond=0)


def ago(**how_long: float) -> datetime:
    return NOW - timedelta(**how_long)


def text(response) -> str:
    """What a reader sees, in one line."""
    body = re.sub(r"<head>.*?</head>", "", response.content.decode(), flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


@pytest.fixture
def questions(monkeypatch) -> list[str]:
    """The SQL that pages send to ClickHouse, as it is sent."""
    sent: list[str] = []
    original = Store.talking

    def noting(self, sql):
        sent.append(sql)
        return original(self, sql)

    monkeypatch.setattr(Store, "talking", noting)
    return sent


class TestWhoMaySee:
    @pytest.mark.parametrize("address", ["/", "/routes", "/models", "/prices", "/traces", f"/traces/{'a' * 32}"])
    def test_strangers_are_led_to_the_sign_in(self, db, address):
        response = Client().get(address)

        assert response.status_code == 302
        assert response.url == f"{reverse('accounts:sign_in')}?next={address}"

    def test_who_belongs_to_no_project_is_told_so(self, db):
        client = Client()
        client.force_login(User.objects.create_user("new@example.com", "a password of some length"))

        response = client.get("/")

        assert response.status_code == 403
        assert "Ask an owner of a project" in text(response)

    def test_another_projects_trace_is_not_there(self, store, member):
        other = Project.objects.create(name="Other")
        sample.insert(store, other.id, [sample.call(trace="theirs", start=ago(hours=1), name="their secret")])

        response = member.get(f"/traces/{sample.trace_id('theirs')}")

        assert response.status_code == 404
        assert "their secret" not in text(response)

    def test_pages_read_as_the_user_who_can_only_read(self, clickhouse):
        assert stores.reader().address.username != stores.writer().address.username


class TestOverview:
    def test_says_in_words_what_happened(self, store, project, member):
        calls = [sample.call(trace=f"t{n}", start=ago(hours=n + 1), cost="1.25") for n in range(3)]
        failed = sample.call(trace="f", start=ago(hours=5), status="error", cost=None, cost_status="not_billable")
        sample.insert(store, project.id, [*calls, failed])

        page = text(member.get("/"))

        assert "In the last 30 days, 4 calls in 4 traces cost $3.75. 25.0 % of the calls failed." in page
        assert "1 of 4 calls, 4.6 % to 69.9 %" in page  # Wilson's interval of 1 in 4

    def test_what_the_cost_leaves_out_stands_beside_it(self, store, project, member):
        rows = [
            sample.call(trace="a", start=ago(hours=1), cost=None, cost_status="unpriced"),
            sample.call(trace="b", start=ago(hours=1), cost=None, cost_status="unknown_usage", tokens=(None,) * 3),
            sample.call(trace="c", start=ago(hours=1), cost=None, cost_status="pending"),
        ]
        sample.insert(store, project.id, rows)

        page = text(member.get("/"))

        assert "what they cost is unknown" in page
        assert "1 unpriced call (no price is known for their model)" in page
        assert "1 uncounted call (their client sent no usage)" in page
        assert "1 pending call (they came in just now)" in page

    def test_cells_are_by_route_and_model_and_totals_are_exact(self, store, project, member):
        rows = [
            sample.call(trace="a", start=ago(hours=1), route="support", model="gpt-4o", cost="2"),
            sample.call(trace="b", start=ago(hours=1), route="support", model="mini", cost="0.5"),
            sample.call(trace="c", start=ago(hours=1), route="search", model="mini", cost="0.25"),
        ]
        sample.insert(store, project.id, rows)

        page = text(member.get("/"))

        assert "support $2.50 2 $2.00 1 $0.50 1" in page
        assert "search $0.25 1 · no calls $0.25 1" in page
        assert "All routes $2.75 3 $2.00 1 $0.75 2" in page

    def test_failure_rates_of_totals_come_from_their_own_parts(self, store, project, member):
        good = [sample.call(trace=f"g{n}", start=ago(hours=1), route="support") for n in range(3)]
        bad = sample.call(trace="b", start=ago(hours=1), route="search", status="error", cost=None)
        sample.insert(store, project.id, [*good, bad])

        page = text(member.get("/?measure=failures"))

        assert "support 0 % 3 0 % 3" in page
        assert "search 100 % 1 100 % 1" in page
        assert "All routes 25.0 % 4 25.0 % 4" in page

    def test_scores_can_be_shown_in_the_table(self, store, project, member):
        rows = [sample.call(trace=f"s{n}", start=ago(hours=1)) for n in range(4)]
        sample.insert(store, project.id, rows)
        sample.answered(store, project.id, rows)  # the fourth is a refusal: 3 of 4

        page = text(member.get("/?measure=answered"))

        assert "support 0.75 4 0.75 4" in page

    def test_a_cell_leads_to_its_traces_in_the_same_window(self, store, project, member):
        sample.insert(store, project.id, [sample.call(trace="a", start=ago(hours=1), route="a & b", model="gpt-4o")])

        page = member.get("/?range=7d").content.decode()

        assert 'href="/traces?range=7d&amp;route=a+%26+b&amp;model=gpt-4o&amp;sort=cost"' in page

    def test_every_step_of_time_is_in_the_table_below_the_charts(self, store, project, member):
        sample.insert(store, project.id, [sample.call(trace="a", start=datetime(2026, 3, 2, 9, tzinfo=UTC), cost="3")])

        page = text(member.get("/?from=2026-03-01&to=2026-03-04"))

        assert "1 Mar 2026 0 0 $0.00 2 Mar 2026 1 0 $3.00 3 Mar 2026 0 0 $0.00" in page

    def test_an_empty_project_is_told_how_to_send_the_first_call(self, store, project, member):
        key = ApiKey.issue(project, "ingest", name="first")

        page = member.get("/", headers={"host": "localhost:8000"}).content.decode()

        assert 'spanledger.init(endpoint="http://localhost:4318", api_key=' in page
        assert "export OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318" in page
        assert f"sl_ingest_{key.split('_')[2]}_…" in page
        assert key not in page

    def test_an_empty_window_of_a_project_in_use_says_so_instead(self, store, project, member):
        sample.insert(store, project.id, [sample.call(trace="old", start=ago(days=3))])

        page = text(member.get("/?range=24h"))

        assert "No calls in the last 24 hours" in page
        assert "Waiting" not in page

    @pytest.mark.parametrize("address", ["/?range=1y", "/?measure=beauty", "/?from=soon", "/?filter=colour:=:red"])
    def test_an_address_that_cannot_be_read_is_answered_with_what_is_expected(self, store, member, address):
        response = member.get(address)

        assert response.status_code == 400
        assert "expected" in text(response)


class TestRoutesAndModels:
    @pytest.fixture
    def worked(self, store, project):
        """Two routes on two models: of four refunds three ended, two of them well; of the search nobody knows."""

        def refund(name: str, **more):
            model = "mini" if name == "d" else "gpt-4o"
            told = {"revenue": "1", "charges": "0.10"} | more if more else {}
            return sample.call(trace=name, start=ago(hours=1), route="refunds", model=model, cost="0.20", more=told)

        ends = {"a": {"success": True}, "b": {"success": True}, "c": {"success": False, "revenue": None}, "d": {}}
        rows = [refund(name, **told) for name, told in ends.items()]
        sample.insert(store, project.id, [*rows, sample.call(trace="e", start=ago(hours=1), route="search", cost="4")])

    def test_routes_stand_side_by_side_with_what_their_tasks_were_worth(self, member, worked):
        page = text(member.get("/routes"))

        assert page.index("search") < page.index("refunds")  # dearest first
        assert "$0.45 2 successes" in page  # (3 × (0.20 + 0.10)) ÷ 2
        assert "66.7 % 20.8 % to 93.9 % 2 of 3 with an outcome" in page
        assert "75.0 % 30.1 % to 95.4 % 3 of 4 traces" in page
        assert "$1.10 of $2.00 revenue" in page

    def test_a_route_of_which_nobody_told_has_dashes_with_reasons(self, member, worked):
        page = text(member.get("/routes?route=search"))

        assert "Cost per success – no outcome was sent" in page
        assert "Margin – no outcome says its worth" in page
        assert "Outcome coverage 0 % 0 of 1 traces" in page

    def test_one_route_is_told_model_by_model_and_leads_to_the_traces(self, member, worked):
        page = member.get("/routes?route=refunds&range=7d").content.decode()

        assert "In the last 7 days, 4 calls in 4 traces cost $0.80." in text(
            member.get("/routes?route=refunds&range=7d")
        )
        assert 'href="/traces?range=7d&amp;route=refunds&amp;model=mini"' in page
        assert 'href="/routes?range=7d">Routes</a>' in page

    def test_one_model_is_told_route_by_route(self, member, worked):
        page = text(member.get("/models?model=gpt-4o"))

        assert "Routes side by side" in page
        assert "refunds $0.60 of all calls 3 in 3 traces" in page
        assert "search $4.00 of all calls 1 in 1 trace" in page

    def test_calls_without_a_route_have_a_page_too(self, store, project, member):
        sample.insert(store, project.id, [sample.call(trace="a", start=ago(hours=1), route="")])

        assert "Route not said" in text(member.get("/routes?filter=route:=:"))

    def test_a_time_without_calls_says_so(self, store, member):
        assert "No calls in the last 24 hours" in text(member.get("/routes?range=24h&route=none"))
        assert "No calls in the last 24 hours" in text(member.get("/models?range=24h"))

    def test_days_whose_outcomes_are_not_all_there_say_what_they_will_come_to(self, store, project, member):
        def ended(name: str, start: datetime, after: timedelta | None):
            known = (
                {} if after is None else {"success": True, "outcome_at": start + after + timedelta(milliseconds=100)}
            )
            return sample.call(trace=name, start=start, more=known)

        # Half of the outcomes come within the hour, half on the next day: of today's, half are still to come.
        late = [timedelta(minutes=20), timedelta(hours=30)]
        past = [ended(f"p{n}", ago(days=5, minutes=n), late[n % 2]) for n in range(60)]
        recent = [ended(f"r{n}", ago(hours=3, minutes=n), None if n % 2 else late[0]) for n in range(40)]
        sample.insert(store, project.id, [*past, *recent])

        page = text(member.get("/routes?route=support"))

        assert "How late outcomes come" in page
        assert re.search(r"come within 1 hour", page)
        assert re.search(r"40 20 50\.0 % of the traces \S+ % \S+ % \S+ % to 100 % of the traces", page)


class TestWhatIf:
    @pytest.fixture
    def priced(self, store, project):
        """Ten calls of one route, 1,000 tokens in and 100 out, on a model at $2.50 and $10 a million: $0.0035 each."""
        rates = {"gpt-4o": ("2.50", "10"), "gpt-4o-mini": ("0.15", "0.60")}
        prices = [
            Price(
                id=name, provider="openai", model=name, pattern={"equals": name},
                source="project", project_id=project.id, rates=Rates(input=Decimal(input), output=Decimal(output)),
            )
            for name, (input, output) in rates.items()
        ]  # fmt: skip
        publish(store, prices)
        rows = [
            sample.call(
                trace=f"w{n}",
                start=ago(hours=2, minutes=n),
                tokens=(1000, 0, 100),
                cost="0.0035",
                more={"success": n > 3},
            )
            for n in range(10)
        ]
        sample.insert(store, project.id, rows)

    def test_a_routes_calls_are_priced_on_the_models_one_names(self, member, priced):
        page = text(member.get("/routes?route=support&whatif=gpt-4o,gpt-4o-mini"))

        assert "As it was: 10 calls for $0.04" in page
        assert "gpt-4o $0.04 × 1.00 $0.0035 0.60 0.31 to 0.83 , n 10" in page
        assert "gpt-4o-mini $0.0021 × 0.06 $0.00021 – not known of this model here 0 –" in page
        assert "Every call keeps its tokens" in page

    def test_without_models_those_that_it_called_are_tried(self, member, priced):
        assert "openai/gpt-4o $0.04" in text(member.get("/routes?route=support&whatif="))

    def test_a_stated_ratio_of_tokens_is_shown_and_charged(self, member, priced):
        page = text(member.get("/routes?route=support&whatif=gpt-4o-mini&ratio.gpt-4o-mini=2"))

        assert "gpt-4o-mini 2 tokens for one $0.0042" in page

    def test_a_model_that_cannot_be_priced_is_named_with_the_reason(self, member, priced):
        page = text(member.get("/routes?route=support&whatif=gpt-4o,no-such-model"))

        assert "no-such-model: the price book knows no such model." in page

    def test_it_is_asked_only_of_all_calls_of_a_route(self, member, priced):
        assert "What if" not in text(member.get("/routes?route=support&environment=production"))
        assert "What if" not in text(member.get("/models?model=gpt-4o"))


class TestPrices:
    @pytest.fixture
    def book(self, store, project):
        rates = {"input": "2.50", "output": "10"}
        PriceRow.objects.create(
            price_id="gpt-4o", version=1, provider="openai", model="gpt-4o", pattern={"equals": "gpt-4o"}, **rates
        )
        own = {
            "price_id": "mine",
            "provider": "openai",
            "model": "gpt-4o",
            "pattern": {"equals": "gpt-4o"},
            "project": project,
        }
        PriceRow.objects.create(version=1, set_by="ada@example.com", superseded_at=NOW, input="2", output="8", **own)
        PriceRow.objects.create(version=2, set_by="bob@example.com", input="1.75", output="7", **own)

    def test_the_projects_own_price_comes_before_the_catalogues(self, member, book):
        page = text(member.get("/prices?model=gpt-4o&provider=openai"))

        assert "2 prices in force now" in page
        assert page.index("openai $1.75") < page.index("openai $2.50")

    def test_own_prices_say_who_set_them_and_what_they_replaced(self, member, book):
        page = text(member.get("/prices"))

        assert re.search(r"version 2, .*, bob@example.com", page)
        assert re.search(r"version 1, .*, ada@example.com replaced", page)

    def test_another_projects_prices_are_not_shown(self, member, book):
        other = Project.objects.create(name="Other")
        PriceRow.objects.create(
            price_id="theirs", version=1, provider="openai", model="theirs", pattern={}, project=other, input="1"
        )

        assert "theirs" not in text(member.get("/prices?at=any"))

    def test_repricings_show_what_the_calls_came_to_before_and_after(self, store, project, member):
        before = {"calls": 8, "unpriced_calls": 1, "cost": "3.00", "by_model": []}
        Job.objects.create(
            project=project, kind=KIND, asked=asked_for(Window(ago(days=2), ago(days=1)), "openai", ""), asked_by="ada",
            asked_at=NOW, started_at=NOW, finished_at=NOW, kept={"before": before},
            result={"before": before, "after": before | {"unpriced_calls": 0, "cost": "2.75"}},
        )  # fmt: skip

        page = text(member.get("/prices"))

        assert "done 8 $3.00 without 1 unpriced $2.75 −$0.25" in page

    def test_a_client_that_says_another_cost_is_held_against_the_book(self, store, project, member):
        told = {"reported_cost": Decimal("0.03")}
        sample.insert(store, project.id, [sample.call(trace="a", start=ago(hours=1), cost="0.01", more=told)])

        page = member.get("/prices").content.decode()

        assert "gpt-4o openai 1 1 $0.01 $0.03 +$0.02 this call" in text(member.get("/prices"))
        assert f'href="/traces/{sample.trace_id("a")}?span={sample.span_id("a")}"' in page

    def test_a_book_longer_than_a_page_is_walked(self, store, project, member):
        for number in range(80):
            PriceRow.objects.create(
                price_id=f"p{number}", version=1, provider="openai", model=f"m{number:03}", pattern={}, input="1"
            )
        first = member.get("/prices").content.decode()

        assert "m049" in first
        assert "m050" not in first
        assert "m079" in text(member.get("/prices?start=50"))
        assert 'href="?start=50"' in first

    def test_a_price_that_nobody_set_is_said_with_how_to_set_one(self, store, member):
        assert "POST /api/v1/prices" in text(member.get("/prices?model=none"))


class TestTraces:
    def test_newest_first_with_what_matters_of_each(self, store, project, member):
        rows = [
            sample.call(trace="old", start=ago(hours=2), name="older", cost="0.0012", milliseconds=340),
            sample.call(
                trace="new", start=ago(hours=1), name="newer", cost=None, status="error", failure_kind="rate_limit"
            ),
        ]
        sample.insert(store, project.id, rows)

        page = text(member.get("/traces"))

        assert page.index("newer") < page.index("older")
        assert "newer support gpt-4o ✕ rate limit 100 ms 1 –" in page
        assert "older support gpt-4o ok 340 ms 1 $0.0012" in page

    def test_a_list_tells_which_tasks_succeeded_and_which_went_in_circles(self, store, project, member):
        looped = {"success": True, "loop_tool": "search", "loop_calls": 4}
        sample.insert(store, project.id, [sample.call(trace="t", start=ago(hours=1), name="task", more=looped)])

        assert "task support gpt-4o ✓ succeeded loop 100 ms" in text(member.get("/traces"))

    def test_filters_of_the_address_hold_all_at_once(self, store, project, member):
        rows = [
            sample.call(trace="a", start=ago(hours=1), name="mine", route="search", more={"user_id": "u-1"}),
            sample.call(trace="b", start=ago(hours=1), name="other route", more={"user_id": "u-1"}),
            sample.call(trace="c", start=ago(hours=1), name="other user", route="search", more={"user_id": "u-2"}),
        ]
        sample.insert(store, project.id, rows)

        page = text(member.get("/traces?route=search&user=u-1"))

        assert "mine" in page
        assert "other route" not in page
        assert "other user" not in page

    def test_a_filter_without_a_field_of_its_own_can_be_seen_and_taken_away(self, store, project, member):
        sample.insert(store, project.id, [sample.call(trace="a", start=ago(hours=1))])

        page = member.get("/traces?range=7d&filter=cost:>:0.001").content.decode()

        assert "cost above 0.001" in page
        assert 'href="/traces?range=7d" aria-label="Take away: cost above 0.001"' in page

    def test_pages_follow_each_other_without_gap_or_repeat(self, store, project, member):
        sample.insert(store, project.id, [sample.call(trace=f"p{n}", start=ago(minutes=n)) for n in range(1, 61)])
        first = member.get("/traces").content.decode()
        following = re.search(r'rel="next" href="([^"]+)"', first)
        second = member.get(f"/traces{following[1].replace('&amp;', '&')}").content.decode()

        seen = re.findall(r'href="/traces/(\w{32})"', first + second)

        assert len(seen) == len(set(seen)) == 60
        assert "No more traces in the last 30 days" in second

    def test_nothing_found_says_what_to_do(self, store, project, member):
        assert "No traces match these filters in the last 30 days" in text(member.get("/traces?route=none"))

    def test_a_field_shows_what_is_chosen_and_keeps_the_rest(self, store, project, member):
        sample.insert(store, project.id, [sample.call(trace="a", start=ago(hours=1), route="search")])

        page = member.get("/traces?route=search&range=7d&sort=cost").content.decode()

        assert "<option selected>search</option>" in page
        assert '<input type="hidden" name="range" value="7d">' in page
        assert '<input type="hidden" name="sort" value="cost">' in page


class TestOneTrace:
    @pytest.fixture
    def agent(self, store, project) -> str:
        sample.insert(store, project.id, sample.agent_trace(ago(minutes=5)))
        return f"/traces/{sample.trace_id('agent')}"

    def test_steps_stand_in_the_order_of_the_tree(self, member, agent):
        page = member.get(agent).content.decode()

        levels = re.findall(r'aria-level="(\d+)"', page)

        assert levels == ["1", "2", "2", "3", "2", "2"]

    def test_the_root_is_shown_first_and_a_step_by_its_address(self, member, agent):
        root, tool = text(member.get(agent)), text(member.get(f"{agent}?span={sample.span_id('tool')}"))

        assert "I have refunded $39.90 to your card" in root
        assert '"order": 4711' in tool.replace("&quot;", '"')

    def test_a_script_gets_the_step_alone(self, member, agent):
        part = member.get(f"{agent}?span={sample.span_id('tool')}", headers={"hx-request": "true", "hx-target": "step"})

        assert part.content.decode().lstrip().startswith('<section id="step"')

    def test_the_arithmetic_of_a_price_is_spelled_out(self, member, agent, project):
        rates = {"input": "2.50", "cache_read": "1.25", "output": "10"}
        names = {"price_id": "openai/gpt-4o", "version": 1, "provider": "openai", "model": "gpt-4o", "pattern": {}}
        PriceRow.objects.update_or_create(price_id="openai/gpt-4o", version=1, project=None, defaults=names | rates)

        page = text(member.get(f"{agent}?span={sample.span_id('try-2')}"))

        assert "Input 824 $2.50 $0.00206" in page
        assert "Cache read 1,024 $1.25 $0.00128" in page
        assert "Output 61 $10.00 $0.00061" in page
        assert "Cost $0.00395" in page

    def test_a_failed_step_says_how_and_a_duplicate_who_counts(self, member, agent):
        failed = text(member.get(f"{agent}?span={sample.span_id('try-1')}"))
        copy = member.get(f"{agent}?span={sample.span_id('copy')}").content.decode()

        assert "✕ rate limit openai.RateLimitError the provider said no" in failed
        assert f'href="{agent}?span={sample.span_id("try-2")}">another step</a>' in copy

    @pytest.mark.parametrize(
        "hostile",
        [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "{{ 7*7 }}{% now 'Y' %}",
            "</section></html>",
            "'\"><b>",
        ],
    )
    def test_what_was_said_stays_text_wherever_it_is_shown(self, store, project, member, hostile):
        more = {"user_id": hostile, "session_id": hostile, "environment": hostile, "tags": {hostile: hostile}}
        told = [
            {"role": hostile, "content": hostile, "tool_calls": [{"function": {"name": hostile, "arguments": hostile}}]}
        ]
        row = sample.call(
            trace="x", start=ago(hours=1), name=hostile, route=hostile, model=hostile, input=told, output=hostile,
            status="error", failure_kind="other", attributes={hostile: hostile}, more=more | {"error_type": hostile},
        )  # fmt: skip
        sample.insert(store, project.id, [row])

        for address in ("/", "/traces", f"/traces/{sample.trace_id('x')}"):
            page = member.get(address).content.decode()
            assert hostile not in page
        assert page.count(escape(hostile)) > 5

    def test_how_a_task_ended_and_what_it_cost_beside_tokens_stand_above_its_steps(self, store, project, member):
        told = {"success": True, "revenue": "4.50", "charges": "0.01", "loop_tool": "search", "loop_calls": 4}
        sample.insert(store, project.id, [sample.call(trace="t", start=ago(hours=1), more=told)])

        page = text(member.get(f"/traces/{sample.trace_id('t')}"))

        assert "Outcome ✓ succeeded, worth $4.50" in page
        assert "Charges $0.0100" in page
        assert "A loop: search was asked the same 4 times" in page

    def test_a_task_of_which_nobody_told_says_so(self, member, agent):
        assert "Outcome – : Nobody has said yet how it ended" in text(member.get(agent))

    def test_a_duplicate_leads_to_the_step_that_counts_in_another_trace_too(self, store, project, member):
        first = sample.call(trace="one", span="counts", start=ago(hours=1))
        copy = sample.call(
            trace="two",
            span="copy",
            start=ago(hours=1),
            cost=None,
            cost_status="duplicate",
            duplicate_of=("one", "counts"),
        )
        sample.insert(store, project.id, [first, copy])

        page = member.get(f"/traces/{sample.trace_id('two')}").content.decode()

        assert f'href="/traces/{sample.trace_id("one")}?span={sample.span_id("counts")}"' in page

    def test_a_trace_without_its_root_can_still_be_read(self, store, project, member):
        row = sample.call(trace="cut", span="child", parent="gone", start=ago(hours=1), name="orphan")
        sample.insert(store, project.id, [row])

        assert "orphan parent missing generation" in text(member.get(f"/traces/{sample.trace_id('cut')}"))

    @pytest.mark.parametrize("name", ["0" * 32, "no-such-trace", "%27%22%3C"])
    def test_a_trace_that_is_not_there_is_a_page_for_people(self, store, member, name):
        response = member.get(f"/traces/{name}")

        assert response.status_code == 404
        assert "There is nothing here" in text(response)


class TestTheFrame:
    def test_no_page_may_be_kept_by_a_cache(self, store, member):
        assert "no-store" in member.get("/traces").headers["cache-control"]

    def test_the_policy_allows_no_inline_script_or_style(self, store, member):
        response = member.get("/traces")

        assert "unsafe" not in response.headers["content-security-policy"]
        assert " style=" not in response.content.decode()
        assert not re.search(r"<script(?![^>]*src=)", response.content.decode())

    def test_a_store_that_is_down_is_said_plainly(self, store, member, monkeypatch):
        monkeypatch.setattr(stores, "reader", lambda: connect("http://reader:reads@127.0.0.1:9/spanledger"))

        response = member.get("/")

        assert response.status_code == 503
        assert "The store is not available" in text(response)
        assert "Traceback" not in text(response)

    def test_a_question_too_large_for_a_page_says_how_to_make_it_smaller(self, store, project, member, monkeypatch):
        monkeypatch.setattr(metrics, "MOST_RAW", -1)

        response = member.get("/routes")

        assert response.status_code == 400
        assert "Too much at once" in text(response)
        assert 'href="/routes?range=24h"' in response.content.decode()

    def test_the_theme_goes_round_and_comes_back_to_where_one_was(self, member):
        themes = [member.post("/theme", {"next": "/traces?range=7d"}).cookies["theme"].value for _ in range(3)]

        assert themes == ["dark", "light", ""]
        assert member.post("/theme", {"next": "/traces?range=7d"}).url == "/traces?range=7d"

    def test_the_way_back_never_leads_to_another_host(self, member):
        assert member.post("/theme", {"next": "https://elsewhere.example/"}).url == "/"

    def test_another_time_keeps_filters_and_forgets_the_page_in_the_list(self, store, project, member):
        sample.insert(store, project.id, [sample.call(trace="a", start=ago(hours=1))])

        page = member.get("/traces?route=support&sort=cost").content.decode()

        assert 'href="?route=support&amp;sort=cost&amp;range=7d"' in page

    def test_only_other_projects_of_ones_own_are_offered(self, store, member, project):
        Project.objects.create(name="Not mine")
        Membership.objects.create(
            user=User.objects.get(), project=Project.objects.create(name="Also mine"), role=Membership.Role.VIEWER
        )

        page = text(member.get("/traces"))

        assert "Also mine" in page
        assert "Not mine" not in page


class TestQuestions:
    """Every page asks a number of questions that does not grow with what it shows."""

    @pytest.mark.parametrize(
        ("address", "clickhouse_most", "postgres_most"),
        [
            ("/", 13, 5),
            ("/?measure=answered", 16, 5),
            ("/traces", 6, 5),
            ("/routes", 4, 5),
            ("/models?model=gpt-4o", 4, 5),
            ("/routes?route=support.refunds", 5, 5),
            ("/routes?route=support.refunds&whatif=", 10, 5),
            ("/prices", 1, 8),
        ],
    )
    def test_lists_ask_few(
        self, store, project, member, questions, django_assert_max_num_queries, address, clickhouse_most, postgres_most
    ):
        sample.insert(store, project.id, sample.history(NOW, days=3))
        questions.clear()

        with django_assert_max_num_queries(postgres_most):
            member.get(address)

        assert len(questions) <= clickhouse_most

    def test_a_trace_asks_for_itself_its_calls_its_bodies_its_logs_and_its_scores(
        self, store, project, member, questions, django_assert_max_num_queries
    ):
        sample.insert(store, project.id, sample.agent_trace(ago(minutes=5)))
        questions.clear()

        with django_assert_max_num_queries(6):
            member.get(f"/traces/{sample.trace_id('agent')}?span={sample.span_id('try-2')}")

        assert len(questions) <= 7


def test_an_error_of_ours_is_a_page_that_hides_the_inside(store, member, monkeypatch):
    def broken():
        raise RuntimeError("the inside")

    monkeypatch.setattr(stores, "reader", broken)
    member.raise_request_exception = False

    response = member.get("/traces")

    assert response.status_code == 500
    assert "Something broke on our side" in text(response)
    assert "the inside" not in response.content.decode()
