import assert from "node:assert/strict";
import { test } from "node:test";
import { paint, printable, showTable } from "./output.ts";
import { recordedTerminal } from "./recorded-terminal.fixture.ts";

test("columns are as wide as their widest cell, and nothing trails", () => {
  const terminal = recordedTerminal();
  showTable(terminal, {
    head: ["key", "state"],
    rows: [
      ["a-long-key", { text: "connected", tone: "good" }],
      ["b", ""],
    ],
  });
  assert.equal(terminal.output(), "key         state\na-long-key  connected\nb");
});

test("colours are shown where the terminal shows them, and take no room", () => {
  const terminal = recordedTerminal({ isColoured: true });
  showTable(terminal, {
    rows: [
      [{ text: "on", tone: "good" }, "x"],
      ["longer", "y"],
    ],
  });
  assert.equal(terminal.output(), "\u001b[32mon\u001b[39m      x\nlonger  y");
});

test("a terminal without colours gets none", () => {
  assert.equal(paint({ isColoured: false }, { text: "on", tone: "good" }), "on");
});

test("control characters of a device are shown, never sent", () => {
  assert.equal(printable("a\u001b[2Jb\nc\u009b\u202ed\u007f"), "a\\u001b[2Jb\\nc\\u009b\\u202ed\\u007f");
  assert.equal(
    paint({ isColoured: true }, { text: "\u001b[0m", tone: "bad" }),
    "\u001b[31m\\u001b[0m\u001b[39m",
  );
});
