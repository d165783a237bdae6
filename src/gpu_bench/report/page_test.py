"""The page: complete by itself, harmless, readable without colours, the same for the same input."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from gpu_bench.report.collection import collect
from gpu_bench.report.page import page
from gpu_bench.report.runs import devices
from gpu_bench.report.summary import summary
from gpu_bench.testing.run_factory import MadeUp, document, write_json, write_run

EVIL = '<script>alert("1")</script>&amp;'
VOID = {"meta", "link", "br", "wbr", "hr", "img"}


class Elements(HTMLParser):
    """Elements with their attributes, and the visible text; fails on unbalanced tags."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: Any, attributes: Any) -> None:
        self.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: Any, attributes: Any) -> None:
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag: Any) -> None:
        assert self._open.pop() == tag
        if tag in ("td", "th"):
            self.texts.append(" ")

    def handle_data(self, data: Any) -> None:
        if "style" not in self._open:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.texts).split())

    def named(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]


def html_of(directory: Any) -> str:
    collected = collect([directory])
    return page(devices(collected.runs), collected.problems)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: Any) -> Any:
    place = tmp_path_factory.mktemp("runs")
    revision = {"commit": "f" * 40, "dirty": True}
    base = MadeUp(seed=50, changes={"revision": revision})
    for number, delay in enumerate((0.0, 0.0, 0.08)):
        write_run(
            place / f"history/{number}",
            MadeUp(seed=number, delay=delay, measured_at=f"2026-03-0{number + 1}T10:00:00Z"),
            base=base,
            commit=f"{number}abcdef" * 6,
            dirty=number == 1,
        )
    problem = {
        "kind": "out_of_memory",
        "message": EVIL,
        "hint": "lower it",
        "peak_allocated": 2**34,
    }
    failed = {"status": "failed", "processes": [], "output": None, "problem": problem}
    write_run(place / "failed", MadeUp(address=EVIL, changes=failed), commit="$\\frac{<i>")
    write_run(place / "other", MadeUp(seed=7, machine="other", samples=3))
    write_json(place / "broken/result.json", {"schema": 2, "kind": "gpu_bench.result"})
    return place


@pytest.fixture(scope="module")
def html(directory: Any) -> str:
    return html_of(directory)


@pytest.fixture(scope="module")
def elements(html: Any) -> Elements:
    return Elements(html)


def test_the_baseline_is_named_by_date_and_commit(html: str) -> None:
    assert "a result measured 2026-03-01 10:00 UTC, commit fffffffff (dirty)" in html


def test_new_is_drawn_against_base(elements: Elements, html: str) -> None:
    texts = re.sub(r"<[^>]+>", " ", html)
    assert texts.count("New against base") >= 1
    # Each metric that decides, with both of its values; memory is exact.
    assert re.search(r"Time to first token \(\d[^)]* → [^)]*\): slower", texts)
    assert re.search(r"Peak memory, allocated \([^)]* → [^)]*\): same", texts)
    assert not [name for name, _ in elements.tags if name == "script"]


def test_the_page_needs_nothing_else(elements: Any, html: Any) -> None:
    assert not elements.named("script")
    links = [
        value
        for _, attributes in elements.tags
        for name, value in attributes.items()
        if name in ("href", "src", "srcset")
    ]
    assert links
    assert all(link.startswith("#") or link == "data:," for link in links)
    assert "@import" not in html
    assert not re.search(r"url\((?!#)", html)


def test_links_lead_to_what_is_there_and_ids_are_unique(elements: Any) -> None:
    ids = [attributes["id"] for _, attributes in elements.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    targets = {
        attributes["href"][1:]
        for _, attributes in elements.tags
        if attributes.get("href", "").startswith("#")
    }
    assert targets <= set(ids)
    for attributes in (
        attributes for _, attributes in elements.tags if "aria-labelledby" in attributes
    ):
        assert attributes["aria-labelledby"] in ids


def test_what_others_wrote_is_text(elements: Any, html: Any) -> None:
    assert "<script" not in html
    assert EVIL in elements.text
    assert "<i>" not in html


def test_a_verdict_has_a_symbol_and_a_word_beside_its_colour(elements: Any) -> None:
    assert "▼ slower" in elements.text
    assert "! failed" in elements.text
    assert "· not judged" in elements.text


def test_each_plot_is_described_and_each_table_headed(elements: Any, html: Any) -> None:
    plots = [svg for svg in elements.named("svg") if svg["class"] == "plot"]
    assert len(plots) > 8
    assert all(len(plot["aria-label"]) > 20 and plot["role"] == "img" for plot in plots)
    for table in re.findall(r"<table.*?</table>", html, re.DOTALL):
        assert "<caption>" in table
        assert '<th scope="row">' in table or 'role="rowheader"' in table


def test_a_failure_is_told_with_its_peak_and_hint(elements: Any) -> None:
    assert "Out of memory at 16.00 GiB allocated; there are no samples" in elements.text
    assert "hint: lower it" in elements.text


def test_the_plot_of_changes_keeps_what_differs_between_names(tmp_path: Path) -> None:
    address = "models/qwen3_moe_instruct:bench@attn_implementation={},batch_size=b8"
    for name in ("sdpa", "eager", "flex_attention"):
        made_up = MadeUp(address=address.format(name), delay=0.06 if name == "sdpa" else 0.0)
        write_run(tmp_path / name, made_up, base=MadeUp(address=made_up.address, seed=50))
    collected = collect([tmp_path])
    (plot,) = [
        svg
        for svg in re.findall(r"<svg.*?</svg>", page(devices(collected.runs), []), re.DOTALL)
        if "Change of the end-to-end time" in svg
    ]
    texts = re.findall(r">([^<>]*attn_implementation=[^<>]*)<", plot)
    assert len(texts) == 3
    assert not any("batch_size" in text for text in texts)
    # The worst first, as in the table.
    assert texts[0].endswith("attn_implementation=sdpa: slower")


def test_what_stays_open_is_on_the_first_screen(tmp_path: Path) -> None:
    write_run(tmp_path / "a", MadeUp(seed=1, delay=0.015), base=MadeUp(seed=50))
    text = html_of(tmp_path)
    header = text[: text.index("</header>")]
    assert "inconclusive" in header
    assert "End-to-end time: " in header
    assert "needs about " in header


def test_a_file_that_was_not_used_is_reported(elements: Any) -> None:
    assert "broken/result.json: the result has schema 2, expected 1" in elements.text


def test_the_history_has_commits_and_marks_dirty_ones(elements: Any) -> None:
    (history,) = [
        svg["aria-label"]
        for svg in elements.named("svg")
        if svg["aria-label"].startswith("From run to run")
    ]
    assert "3 runs, oldest first" in history
    assert "Hollow: files differed from the commit" in history
    assert "1abcdef1a (dirty)" in elements.text


def test_devices_have_sections_of_their_own(elements: Any) -> None:
    headings = re.findall(r"NVIDIA (?:Example 80GB|Other 24GB) (?=\d+ GiB, driver)", elements.text)
    assert headings == ["NVIDIA Example 80GB ", "NVIDIA Other 24GB "]


def test_what_few_gaps_do_not_support_is_not_given(elements: Any) -> None:
    assert "99.9th percentile needs 10000 gaps" in elements.text


def test_disturbances_and_how_sampling_ended_are_reported(tmp_path: Path) -> None:
    content = document(MadeUp(samples=3))
    first, second = content["processes"]
    first["telemetry"]["throttled"] = ["hardware thermal slowdown"]
    first["telemetry"]["foreign_processes"] = 2
    first["telemetry"]["overhead"] = 0.012
    first["stopped_by"] = "max_samples"
    second["telemetry"] = None
    second["warmup"]["settled"] = False
    write_json(tmp_path / "result.json", content)
    text = Elements(html_of(tmp_path)).text
    assert "throttled by hardware thermal slowdown; 2 foreign processes on the device" in text
    assert "the most samples allowed" in text
    assert "+1.20 %" in text
    assert "nobody watched" in text
    assert "5, not settled" in text


def test_a_changed_configuration_breaks_the_history(tmp_path: Path) -> None:
    write_run(tmp_path / "a", MadeUp(seed=1))
    later = MadeUp(
        seed=2, measured_at="2026-03-02T10:00:00Z", request={"attn_implementation": "eager"}
    )
    write_run(tmp_path / "b", later)
    assert "Dotted line: the configuration changed" in html_of(tmp_path)


def test_a_run_without_any_optional_part_has_a_page(tmp_path: Path) -> None:
    content = document(MadeUp(samples=3))
    for process in content["processes"]:
        process["telemetry"] = None
        process["memory"] = {}
        del process["warmup"]["times"]
        for sample in process["samples"]:
            sample["inter_token_median"] = sample["inter_token"][0]
            sample["inter_token"] = []
            sample["sm_clock"] = sample["device_time"] = None
    content["output"] = None
    write_json(tmp_path / "result.json", content)
    titles = [svg["aria-label"].split(".")[0] for svg in Elements(html_of(tmp_path)).named("svg")]
    assert titles == ["Samples over time", "Distribution of end-to-end times"]


def test_the_same_input_gives_the_same_page(directory: Any, html: Any) -> None:
    assert html_of(directory) == html


def test_the_first_screen_says_what_got_worse_by_how_much_and_why(tmp_path: Path) -> None:
    slower = "models/x:slower"
    write_run(
        tmp_path / "a",
        MadeUp(address=slower, delay=0.08),
        base=MadeUp(address=slower, seed=1, measured_at="2026-02-01T10:00:00Z"),
    )
    write_run(
        tmp_path / "b",
        MadeUp(address="models/x:same"),
        base=MadeUp(seed=1, address="models/x:same"),
    )
    problem = {"kind": "out_of_memory", "message": "Tried 9 GiB", "hint": "lower it"}
    failed = {"status": "failed", "processes": [], "output": None, "problem": problem}
    write_run(tmp_path / "c", MadeUp(address="models/x:failed", changes=failed))
    text = Elements(html_of(tmp_path)).text
    header = text[: text.index("Latest run of each benchmark")]
    assert re.search(r"slower models/x:slower: End-to-end time: \+\d\.\d % \(\+\d", header)
    assert "failed models/x:failed: Tried 9 GiB" in header
    assert "models/x:same" not in header
    # The reason stands in the table too, and the baseline's date beside the verdict.
    assert "Out of memory: Tried 9 GiB" in text
    assert "Compared with a result measured 2026-02-01 10:00 UTC" in text
    assert "Processes, base / new" in text


def test_intervals_and_percentages_are_not_broken_over_lines(tmp_path: Path) -> None:
    made = MadeUp(delay=0.3)
    write_run(tmp_path / "a", made, base=MadeUp(seed=2))
    text = html_of(tmp_path)
    assert re.search(r'<span class="together">\+3\d\.\d %</span>', text)
    assert re.search(r'<span class="together">\(\+[\d.]+ to \+[\d.]+\)</span>', text)


def test_paper_has_tables_and_light_colours(tmp_path: Path) -> None:
    write_run(tmp_path / "a", MadeUp())
    media = re.findall(r"@media ([^{]+) {", html_of(tmp_path))
    assert media == [
        "screen and (prefers-color-scheme: dark)",
        "screen and (max-width: 62rem)",
        "print",
    ]


def test_a_device_that_was_not_tried_is_marked_and_its_missing_figures_have_reasons(
    tmp_path: Path,
) -> None:
    content = document(MadeUp())
    accelerator = {"name": "AMD Instinct MI300X", "memory": 206142701568, "hip": "7.0.51831"}
    fingerprint = {**content["fingerprint"], "vendor": "AMD", "accelerator": accelerator}
    missing = {"throttled": "amdsmi does not report it"}
    for process in content["processes"]:
        process["telemetry"].update(throttled=None, foreign_processes=None)
    write_json(
        tmp_path / "result.json", {**content, "fingerprint": fingerprint, "missing": missing}
    )
    text = Elements(html_of(tmp_path)).text
    assert "HIP 7.0.51831" in text
    assert "not tried on this kind of device (AMD)" in text
    assert "none known" in text
    assert "not measured: throttled amdsmi does not report it" in text
    collected = collect([tmp_path])
    assert "not tried on this kind of device" in summary(devices(collected.runs), ())
