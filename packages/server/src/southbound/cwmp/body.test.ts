import assert from "node:assert/strict";
import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { decodeText, readBody } from "./body.ts";
import type { Body, BodyBounds } from "./body.ts";
import { intake } from "./intake.ts";

const text = "<Envelope>grüße</Envelope>";

function request(headers: Readonly<Record<string, string>>, ...chunks: readonly Buffer[]): IncomingMessage {
  const message = new IncomingMessage(new Socket());
  Object.assign(message.headers, headers);
  for (const chunk of [...chunks, null]) message.push(chunk);
  return message;
}

function bounds(changes: Partial<BodyBounds> = {}): BodyBounds {
  return { maxBytes: 1000, intake: intake(), maxHeldBytes: 10_000, ...changes };
}

const encoded: readonly (readonly [encoding: string, bytes: Buffer])[] = [
  ["identity", Buffer.from(text)],
  ["gzip", gzipSync(text)],
  ["x-gzip", gzipSync(text)],
  [" GZIP ", gzipSync(text)],
  ["identity, gzip", gzipSync(text)],
  [",gzip,", gzipSync(text)],
  ["deflate", deflateSync(text)],
  ["deflate", deflateRawSync(text)],
];
for (const [encoding, bytes] of encoded) {
  test(`a body in ${encoding} (${bytes.toString("hex", 0, 2)}) is read [CWMP-HTTP-6]`, async () => {
    const body = await readBody(request({ "content-encoding": encoding }, bytes), bounds());
    assert.deepEqual(body, { type: "text", text });
  });
}

test("an empty body is empty, though it is announced as gzip", async () => {
  assert.deepEqual(await readBody(request({ "content-encoding": "gzip" }), bounds()), {
    type: "text",
    text: "",
  });
});

const refusals: readonly (readonly [why: string, request: () => IncomingMessage, refusal: Body])[] = [
  ["announces too many bytes", () => request({ "content-length": "1001" }), refused(413)],
  ["sends too many bytes", () => request({}, Buffer.alloc(600), Buffer.alloc(401)), refused(413)],
  [
    "inflates to too many bytes",
    () => request({ "content-encoding": "gzip" }, gzipSync("a".repeat(1001))),
    refused(413),
  ],
  [
    "inflates from raw deflate to too many bytes",
    () => request({ "content-encoding": "deflate" }, deflateRawSync("a".repeat(1001))),
    refused(413),
  ],
  ["is not the gzip it says", () => request({ "content-encoding": "gzip" }, Buffer.from(text)), refused(400)],
  [
    "ends in the middle of its gzip",
    () => request({ "content-encoding": "gzip" }, gzipSync(text).subarray(0, 20)),
    refused(400),
  ],
  [
    "was encoded twice",
    () => request({ "content-encoding": "gzip, gzip" }, gzipSync(gzipSync(text))),
    refused(415),
  ],
  [
    "has an encoding nobody knows",
    () => request({ "content-encoding": "br" }, Buffer.from(text)),
    refused(415),
  ],
];
for (const [why, make, refusal] of refusals) {
  test(`a body that ${why} is refused`, async () => {
    assert.deepEqual(await readBody(make(), bounds()), refusal);
  });
}

function refused(status: 400 | 413 | 415 | 503): Body {
  return { type: "refused", status };
}

test("unfinished bodies together are bounded, and released when they end", async () => {
  const shared = intake();
  const open = new IncomingMessage(new Socket());
  open.push(Buffer.alloc(600));
  const first = readBody(open, bounds({ intake: shared, maxHeldBytes: 1000 }));
  await setImmediate();
  assert.equal(shared.held, 600);
  const second = await readBody(
    request({}, Buffer.alloc(500)),
    bounds({ intake: shared, maxHeldBytes: 1000 }),
  );
  assert.deepEqual(second, refused(503));
  open.push(null);
  await first;
  assert.equal(shared.held, 0);
});

test("a device that goes away in the middle of its body leaves nothing held", async () => {
  const shared = intake();
  const open = new IncomingMessage(new Socket());
  open.push(Buffer.alloc(600));
  const reading = readBody(open, bounds({ intake: shared }));
  open.destroy(new Error("aborted"));
  assert.deepEqual(await reading, { type: "gone" });
  assert.equal(shared.held, 0);
});

const texts: readonly (readonly [how: string, bytes: Buffer, contentType: string | undefined])[] = [
  ["UTF-8 without any word of it", Buffer.from(text), undefined],
  ["UTF-8 by the header", Buffer.from(text), 'text/xml; charset="utf-8"'],
  [
    "UTF-8 by its byte order mark, against the header",
    Buffer.from(`\uFEFF${text}`),
    "text/xml;charset=iso-8859-1",
  ],
  ["UTF-16 by its byte order mark", Buffer.from(`\uFEFF${text}`, "utf16le"), "text/xml"],
  [
    "UTF-16 by its first character, against the header",
    Buffer.from(text, "utf16le"),
    "text/xml; charset=utf-8",
  ],
  ["UTF-8, though the header says UTF-16", Buffer.from(text), "text/xml; charset=utf-16"],
  [
    "UTF-16 by its first character, most significant byte first",
    Buffer.from(text, "utf16le").swap16(),
    undefined,
  ],
  ["Latin-1 by the header", Buffer.from(text, "latin1"), "text/xml; charset=ISO-8859-1"],
  ["Latin-1, though the header says UTF-8", Buffer.from(text, "latin1"), "text/xml; charset=utf-8"],
  ["UTF-8 under a charset nobody knows", Buffer.from(text), "text/xml; charset=x-none"],
];
for (const [how, bytes, contentType] of texts) {
  test(`text is read as ${how}`, () => {
    assert.equal(decodeText(bytes, contentType), text);
  });
}

test("a zero before the first character makes no UTF-16 of a text", () => {
  assert.equal(decodeText(Buffer.from(`\0${text}`), undefined), `\0${text}`);
});

test("text is read by its XML declaration where the header says nothing", () => {
  const declared = `<?xml version="1.0" encoding="windows-1252"?><a>\u20ac</a>`;
  const bytes = Buffer.from(declared.replace("\u20ac", "\x80"), "latin1");
  assert.equal(decodeText(bytes, "text/xml"), declared);
});
