# SPDX-License-Identifier: GPL-2.0-or-later
"""usage: pages_test.py PAGES FACTS

Opens what --html writes in a headless Chromium: the pages of the program PAGES, which also judges recorded traces of the
folder FACTS. Exit code 77 if there is no Chromium."""
import collections
import fcntl
import json
import os
import pathlib
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

PATIENCE_S = 120
ATTACK = "</script><img src=x onerror=alert(1)>\u2028&'\""
# What a page must have at its end, as one expression.
STATE = """(() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const tables = all("table:not(.u-legend)");
  return {
    interactive: document.documentElement.dataset.interactive,
    begins: document.body.innerText.trim().split(/\\s/)[0],
    figures: JSON.parse(document.getElementById("figures").textContent),
    charts: JSON.parse(document.getElementById("charts").textContent).length,
    canvases: all(".plot canvas").length,
    labelled: all(".plot canvas[role=img][aria-label]").length,
    drawn: all(".plot canvas").map((canvas) => {  // pixels of any line: one may lie under another
      const style = getComputedStyle(document.documentElement);
      const lines = [0, 1, 2, 3].map((n) => style.getPropertyValue(`--line-${n}`).trim());
      const wanted = lines.map((line) => [1, 3, 5].map((at) => parseInt(line.slice(at, at + 2), 16)));
      const copy = Object.assign(document.createElement("canvas"), {width: canvas.width, height: canvas.height});
      const context = copy.getContext("2d", {willReadFrequently: true});  // else Chromium warns
      context.drawImage(canvas, 0, 0);
      const pixels = context.getImageData(0, 0, copy.width, copy.height).data;
      let found = 0;
      for (let i = 0; i < pixels.length; i += 4) {
        const is_of = (line) => line.every((value, c) => Math.abs(value - pixels[i + c]) < 12);
        if (pixels[i + 3] > 200 && wanted.some(is_of)) ++found;
      }
      return found;
    }),
    uncaptioned: tables.filter((table) => !table.caption?.textContent).length,
    unscoped: tables.flatMap((table) => [...table.querySelectorAll("th:not([scope])")]).length,
    headings: all("h1, h2, h3").map((heading) => Number(heading.tagName[1])),
    images: all("img").length,
    background: getComputedStyle(document.body).backgroundColor,
    picture: document.querySelector(".plot canvas")?.toDataURL() ?? "",
  };
})()"""


class Browser:
    """Chromium, driven by its DevTools protocol over a pair of pipes."""

    def __init__(self, program, profile):
        to_read, self.to = os.pipe()
        self.out, to_write = os.pipe()
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in (to_read, to_write)]
        os.close(to_read), os.close(to_write)

        def as_it_expects():
            os.dup2(ends[0], 3)
            os.dup2(ends[1], 4)

        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-pipe",
             "--no-first-run", f"--user-data-dir={profile}"],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, close_fds=False, preexec_fn=as_it_expects,
            start_new_session=True)
        for end in ends:
            os.close(end)
        self.number = 0
        self.rest = b""
        self.events = collections.deque()

    def message(self):
        deadline = time.monotonic() + PATIENCE_S
        while b"\0" not in self.rest:
            ready, _, _ = select.select([self.out], [], [], max(0, deadline - time.monotonic()))
            more = os.read(self.out, 1 << 20) if ready else b""
            if not more:
                self.log.seek(0)
                sys.exit(f"Chromium does not answer: {self.log.read()[-2000:].decode(errors='replace')}")
            self.rest += more
        first, _, self.rest = self.rest.partition(b"\0")
        return json.loads(first)

    def call(self, method, session=None, **params):
        self.number += 1
        request = {"id": self.number, "method": method, "params": params}
        if session:
            request["sessionId"] = session
        data = json.dumps(request).encode() + b"\0"
        while data:
            data = data[os.write(self.to, data):]
        while True:
            answer = self.message()
            if answer.get("id") == self.number:
                if "error" in answer:
                    sys.exit(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def end(self):
        os.killpg(self.process.pid, signal.SIGKILL)  # its helpers, too, which write to its folder
        self.process.wait()


class Page:
    """One page, opened with a colour scheme, and what went wrong in it."""

    def __init__(self, browser, path, scheme):
        self.browser = browser
        target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.target = target
        for domain in ("Page", "Runtime", "Log", "Network", "Performance"):
            self.call(domain + ".enable")
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.url = path.as_uri()
        browser.events.clear()
        self.call("Page.navigate", url=self.url)
        self.seen = []
        while not any(event["method"] == "Page.loadEventFired" for event in self.seen):
            self.seen.append(browser.events.popleft() if browser.events else browser.message())

    def call(self, method, **params):
        return self.browser.call(method, self.session, **params)

    def value(self, expression):
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            sys.exit(f"{self.url}: {expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def key(self, key):
        for kind in ("rawKeyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key)

    def complaints(self):
        """What its console says, and requests for anything but itself."""
        self.seen += self.browser.events
        self.browser.events.clear()
        for event in self.seen:
            method, params = event["method"], event.get("params", {})
            if method == "Runtime.exceptionThrown":
                yield params["exceptionDetails"].get("exception", params["exceptionDetails"])
            elif method == "Runtime.consoleAPICalled" or method == "Log.entryAdded":
                yield params
            elif method == "Page.javascriptDialogOpening":
                yield params
            elif method == "Network.requestWillBeSent" and params["request"]["url"] != self.url:
                yield params["request"]["url"]

    def close(self):
        self.browser.call("Target.closeTarget", targetId=self.target)


failures = []


def expect(true, what):
    if not true:
        failures.append(what)
        print("FAILED:", what)


def check_state(name, state, report):
    expect(state["interactive"] is not None, f"{name}: its script came to its end")
    expect(state["begins"] == VERDICTS[name.partition("-")[0]], f"{name}: begins with {state['begins']!r}")
    expect(state["figures"] == report, f"{name}: its figures are those of --json")
    expect(state["canvases"] == state["charts"], f"{name}: {state['canvases']} of {state['charts']} charts are drawn")
    expect(state["labelled"] == state["charts"], f"{name}: every chart has a label")
    expect(all(pixels > 0 for pixels in state["drawn"]), f"{name}: no chart is empty: {state['drawn']}")
    expect(state["uncaptioned"] == 0, f"{name}: every table has a caption")
    expect(state["unscoped"] == 0, f"{name}: every heading of a table says of what")
    levels = state["headings"]
    expect(levels[:1] == [1] and levels.count(1) == 1, f"{name}: one main heading, which comes first")
    expect(all(b - a <= 1 for a, b in zip(levels, levels[1:])), f"{name}: no level of headings is left out: {levels}")
    expect(state["images"] == 0, f"{name}: no element was made from a string")


def check_page(browser, path):
    name = path.stem
    report = json.loads(path.with_suffix(".json").read_text())
    states = {}
    for scheme in ("light", "dark"):
        page = Page(browser, path, scheme)
        states[scheme] = state = page.value(STATE)
        check_state(f"{name}-{scheme}", state, report)
        page.value("document.getElementById('theme').click()")
        states[scheme + ", other"] = page.value(STATE)
        for complaint in page.complaints():
            expect(False, f"{name}, {scheme}: {json.dumps(complaint)[:500]}")
        page.close()
    backgrounds = {scheme: state["background"] for scheme, state in states.items()}
    expect(backgrounds["light"] == backgrounds["dark, other"] == "rgb(255, 255, 255)", f"{name}: light is light: {backgrounds}")
    expect(backgrounds["dark"] == backgrounds["light, other"] == "rgb(15, 19, 25)", f"{name}: dark is dark: {backgrounds}")
    if states["light"]["charts"]:
        for scheme in ("light", "dark"):
            expect(states[scheme]["picture"] != states[scheme + ", other"]["picture"], f"{name}: the button repaints charts")
    return states["light"]


def check_keyboard(browser, path):
    """A line of a chart is hidden and shown again without a mouse."""
    page = Page(browser, path, "light")
    first = "document.querySelector('.u-legend th[role=switch]')"
    states = [page.value(f"{first}.focus(), {first}.getAttribute('aria-checked')")]
    for _ in range(2):
        page.key("Enter")
        states.append(page.value(f"new Promise((done) => setTimeout(() => done({first}.getAttribute('aria-checked'))))"))
    expect(states == ["true", "false", "true"], f"{path.stem}: Enter hides a line and shows it again: {states}")
    page.close()


def check_storm(state):
    """The counts of the storm's page and of its JSON."""
    report, series = state["figures"], state["figures"]["series"]
    expect(sum(series["handled"]) == report["nmi"]["handled"], "storm: its series has every NMI that was handled")
    expect(sum(series["overlaps"]) <= report["rcu"]["overlaps"], "storm: its series has no overlap too many")
    expect(len(series["end_s"]) >= 2, f"storm: it has a series: {series['end_s']}")


def check_long(browser, path):
    """The longest series is drawn within a second. It is one of CPU time, so that other work on this host does not count."""
    page = Page(browser, path, "light")
    interactive = page.value("document.documentElement.dataset.interactive")
    metrics = {metric["name"]: metric["value"] for metric in page.call("Performance.getMetrics")["metrics"]}
    size = path.stat().st_size
    print(f"{path.stem}: {size:,} bytes, interactive after {interactive} ms; {metrics['ThreadTime'] * 1000:.0f} ms of CPU time")
    expect(size < 2_000_000, f"{path.stem}: it has less than two megabytes")
    expect(0 < metrics["ThreadTime"] < 1, f"{path.stem}: its thread needed {metrics['ThreadTime']} s to draw it")
    page.close()


def find_chromium():
    for name in ("chromium", "chromium-browser", "google-chrome"):
        program = shutil.which(name)
        if program and subprocess.run([program, "--version"], capture_output=True, check=False).returncode == 0:
            return program
    print("there is no Chromium here; scripts/deps browser installs it")
    sys.exit(77)


VERDICTS = {"storm": "PASS", "long": "VIOLATION", "planted": "VIOLATION", "matrix": "PASS", "bench": "PASS", "doctor": "PASS",
            "trace": "VIOLATION"}


def main():
    pages, facts = sys.argv[1:]
    chromium = find_chromium()
    # A helper that is about to end may still write to it.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        folder = pathlib.Path(folder)
        # A trace of a storm that names its image and its findings as nobody would but to attack a reader.
        lines = (pathlib.Path(facts) / "skip-grace-period.jsonl").read_text().splitlines()
        end = json.loads(lines[-1])
        end["end"]["image"] = end["end"]["image_fault"] = end["end"]["kernel"] = ATTACK
        attack = folder / "attack.jsonl"
        attack.write_text("\n".join(lines[:-1] + [json.dumps(end)]) + "\n")
        subprocess.run([pages, folder, attack, pathlib.Path(facts) / "explored" / "skip-grace-period.jsonl"], check=True)
        browser = Browser(chromium, folder / "profile")
        try:
            states = {path.stem: check_page(browser, path) for path in sorted(folder.glob("*.html"))}
            check_keyboard(browser, folder / "storm.html")
            check_long(browser, folder / "long.html")
        finally:
            browser.end()
        check_storm(states["storm"])
        expect(states["trace-0"]["figures"]["guest"]["image"] == ATTACK, "the attacker's name was in the page")
    sys.exit(1 if failures else 0)


main()
