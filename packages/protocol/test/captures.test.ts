import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { decodeEnvelope, defaultLimits, type Role, type SoapBody } from "../src/index.ts";
import { testData } from "./test-data.ts";

/** How many bodies each capture holds, of the device and of the listener, whose chunked ones are left out. */
const captures: readonly (readonly [folder: string, ofDevice: number, ofAcs: number])[] = [
  ["cwmp-sim", 19, 18],
  ["easycwmp", 37, 37],
  ["easycwmp-chunked", 18, 0],
  ["easycwmp-digest", 20, 18],
  ["easycwmp-nocookie", 19, 19],
  ["genieacs-sim", 13, 13],
  ["netcwmp-nodecl", 13, 16],
];

for (const [folder, ofDevice, ofAcs] of captures) {
  test(`every body of the capture ${folder} is understood, by the ACS and by a device`, (t) => {
    const root = testData(t, "captures", folder);
    if (root === undefined) return;
    const exchanges = readdirSync(root)
      .filter((name) => /^\d+\.txt$/.test(name))
      .map((name) => readFileSync(join(root, name), "utf8").split(/\n?# (?:>>>>|<<<<) .* to .*\n/));
    const requests = exchanges.map(([, message = ""]) => bodyOf(message)).filter((body) => body !== "");
    const replies = exchanges
      .map(([, , message = ""]) => bodyOf(message))
      .filter((body) => body.startsWith("<"));
    assert.deepEqual([requests.length, replies.length], [ofDevice, ofAcs]);
    for (const text of requests) checkBody(text, "acs");
    for (const text of replies) checkBody(text, "device");
  });
}

function bodyOf(message: string): string {
  const head = /\r?\n\r?\n/.exec(message);
  return head === null ? "" : message.slice(head.index).trim();
}

/** What a reader of plain text takes for the method is what was decoded. */
function checkBody(text: string, role: Role): void {
  const envelope = decodeEnvelope(text, { role, limits: defaultLimits });
  assert.ok(envelope.ok, text);
  const [, name = ""] = /Body[^>]*>\s*<(?:[\w-]+:)?(\w+)/.exec(text) ?? [];
  assert.equal(nameOf(envelope.value.body), name);
  const [, id] = /:ID[^>]*>([^<]*)</.exec(text) ?? [];
  assert.equal(envelope.value.id, id?.trim());
}

function nameOf(body: SoapBody): string {
  switch (body.kind) {
    case "request":
      return body.method;
    case "answer":
      return `${body.method}Response`;
    case "fault":
      return body.fault.code >= 8000 && body.fault.code < 10_000 ? "Fault" : "a fault without a code";
    default:
      return body.kind;
  }
}
