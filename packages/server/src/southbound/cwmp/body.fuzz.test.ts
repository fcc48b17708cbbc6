import assert from "node:assert/strict";
import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { test } from "node:test";
import { deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { fuzz, growsLinearly } from "@heliograph/testkit";
import { decodeText, readBody } from "./body.ts";
import { intake } from "./intake.ts";

const MAX_BYTES = 20_000;
const MAX_HELD_BYTES = 50_000;

const BYTE_ORDER_MARK = /^\ufeff/;
/** Written in UTF-8, such a text is to the byte what UTF-16 begins with. */
const LOOKS_LIKE_UTF_16 = /^(?:\0<\0|<\0[^]\0)/;
const text = '<?xml version="1.0" encoding="ISO-8859-1"?><a>grüße</a>';
const seeds = [
  request("text/xml; charset=utf-8", "", Buffer.from(text)),
  request('text/xml; charset="iso-8859-1"', "identity", Buffer.from(text, "latin1")),
  request("text/xml; charset=utf-16", "", Buffer.from(`\ufeff${text}`, "utf16le")),
  request("text/xml", "gzip", gzipSync(text)),
  request("", "deflate", deflateSync(text)),
  request("", " X-GZIP ", deflateRawSync(text)),
  request("text/xml; charset=gb18030", "gzip", gzipSync(Buffer.alloc(MAX_BYTES + 1))),
];
const tokens = [
  ...["\n", "charset=", "utf-16be", "replacement", "x-user-defined", "iso-2022-jp", "gzip", "deflate", "br"],
  ...["\u00ef\u00bb\u00bf", "\u00fe\u00ff", "\u00ff\u00fe", "\u00ff", "\u00c3", "\u001f\u008b\u0008"],
  ...['<?xml version="1.0" encoding="', '"?>', "\u0000<"],
];

/** Its Content-Type and Content-Encoding on a line each, and its bytes. */
function request(type: string, encoding: string, body: Buffer): string {
  return `${type}\n${encoding}\n${body.toString("latin1")}`;
}

/** A text or a status that refuses it, and none of the bytes is held any longer. */
async function judge(input: string): Promise<void> {
  const [, type = "", encoding = "", body = ""] = /^([^\n]*)\n?([^\n]*)\n?(.*)$/s.exec(input) ?? [];
  const message = new IncomingMessage(new Socket());
  Object.assign(message.headers, { "content-type": type, "content-encoding": encoding });
  for (const chunk of [Buffer.from(body.slice(0, 9), "latin1"), Buffer.from(body.slice(9), "latin1"), null]) {
    message.push(chunk);
  }
  const held = intake();
  const read = await readBody(message, { maxBytes: MAX_BYTES, intake: held, maxHeldBytes: MAX_HELD_BYTES });
  assert.equal(held.held, 0);
  assert.ok(read.type !== "gone");
  if (read.type === "refused") return;
  assert.ok(read.text.length <= MAX_BYTES);
  const written = read.text.toWellFormed();
  if (LOOKS_LIKE_UTF_16.test(written)) return;
  assert.equal(
    decodeText(Buffer.from(written), "text/xml; charset=utf-8"),
    written.replace(BYTE_ORDER_MARK, ""),
  );
}

test("any bytes in any encoding give a text of bounded length, or a refusal", (t) =>
  fuzz(t, { seeds, tokens, judge, runs: 400, maxChars: MAX_BYTES + 1_000 }));

test("the time for any bytes grows no faster than the bytes, whatever charset they name", () => {
  const read = (input: string): unknown => decodeText(Buffer.from(input, "latin1"), input.slice(0, 8_192));
  const frames = [
    ["", ""],
    [";charset=", ""],
    ["<?xml ", '" encoding="utf-16"?>'],
  ] as const;
  growsLinearly({ tokens, frames, read });
});
