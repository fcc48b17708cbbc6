import assert from "node:assert/strict";
import { after, test } from "node:test";
import { deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { tempDir } from "@heliograph/testkit";
import { valuesText } from "../envelopes.ts";
import { RunningServer } from "../running-server.ts";
import type { Headers } from "./bare-device.ts";
import { readCall } from "./bare-device.ts";
import { ByteWire } from "./messages-bytes.ts";
import {
  assertInformed,
  assertNothing,
  assertSent,
  eventsOf,
  oddDevice,
  tooLarge,
  valuesOf,
} from "./messages-odd-device.ts";

const resources = new AsyncDisposableStack();
const server = resources.use(await RunningServer.start(resources.use(tempDir()), "loopback"));
after(() => resources.disposeAsync());

const NAME = "Device.A.B";
const EMPTY = Buffer.alloc(0);

type Encode = (text: string) => Uint8Array;

const utf8: Encode = (text) => Buffer.from(text);
const latin1: Encode = (text) => Buffer.from(text, "latin1");
const utf16: Encode = (text) => Buffer.from(`\uFEFF${text}`, "utf16le");
const utf16be: Encode = (text) => Buffer.from(`\uFEFF${text}`, "utf16le").swap16();

interface Written {
  readonly kind: string;
  readonly encode: Encode;
  readonly type?: string;
  /** In front of each message. */
  readonly prolog?: string;
  /** The value as it is encoded, and as it is kept. */
  readonly value?: readonly [sent: string, kept: string];
}

const GREETING = "grüße";
const charsets: readonly Written[] = [
  { kind: "UTF-8 with a byte order mark", encode: (text) => utf8(`\uFEFF${text}`) },
  {
    kind: "UTF-8 with a byte order mark, said to be Latin-1",
    encode: (text) => utf8(`\uFEFF${text}`),
    type: "text/xml; charset=iso-8859-1",
  },
  { kind: "Latin-1, as its header says", encode: latin1, type: 'text/xml; charset="ISO-8859-1"' },
  {
    kind: "Latin-1, as its declaration says",
    encode: latin1,
    prolog: '<?xml version="1.0" encoding="ISO-8859-1"?>',
  },
  { kind: "Latin-1, said to be UTF-8", encode: latin1, type: "text/xml; charset=utf-8" },
  { kind: "Latin-1, without a word of it", encode: latin1 },
  { kind: "UTF-16 with a byte order mark", encode: utf16 },
  {
    kind: "UTF-16 with its bytes the other way round",
    encode: utf16be,
    prolog: '<?xml version="1.0" encoding="UTF-16"?>',
  },
  {
    kind: "UTF-16 without a byte order mark",
    encode: (text) => Buffer.from(text, "utf16le"),
    type: "text/xml; charset=utf-16",
  },
  { kind: "UTF-8, declared to be UTF-16", encode: utf8, prolog: '<?xml version="1.0" encoding="utf-16"?>' },
  { kind: "UTF-8, said to be of a charset nobody knows", encode: utf8, type: "text/xml; charset=x-none" },
  {
    kind: "UTF-8, declared to be of a charset nobody knows",
    encode: utf8,
    prolog: '<?xml version="1.0" encoding="klingon"?>',
  },
  { kind: "UTF-8, with an empty charset", encode: utf8, type: "text/xml; charset=" },
  {
    kind: "windows-1252, as its header says",
    encode: latin1,
    type: "text/xml;charset=windows-1252",
    value: ["5 \x80", "5 €"],
  },
  {
    kind: "UTF-8, but for one byte",
    encode: latin1,
    type: "text/xml; charset=utf-8",
    value: ["gr\xc3\xbc\xdfe", "grÃ¼ße"],
  },
  {
    kind: "ASCII, said to be UTF-16",
    encode: utf8,
    type: "text/xml; charset=utf-16",
    value: ["plain", "plain"],
  },
];
for (const { kind, encode, type, prolog = "", value: [sent, kept] = [GREETING, GREETING] } of charsets) {
  test(`a device that writes ${kind} is read [QUIRKS-MESSAGE-21]`, async () => {
    const headers = type === undefined ? {} : { "Content-Type": type };
    await isManaged({
      headers,
      encode: (text) => encode(prolog + text),
      sent,
      kept,
      declaration: prolog !== "",
    });
  });
}

const codings: readonly (readonly [coding: string, encode: Encode, how?: string])[] = [
  ["gzip", gzipSync],
  ["x-gzip", gzipSync],
  [" GZip ", gzipSync],
  ["deflate", deflateSync],
  ["deflate", deflateRawSync, ", without the header of zlib,"],
  ["identity", utf8],
  ["", utf8],
  ["identity, gzip", gzipSync],
  ["gzip, identity", gzipSync],
];
for (const [coding, encode, how = ""] of codings) {
  test(`a device whose messages have the Content-Encoding "${coding}"${how} is read [QUIRKS-MESSAGE-5]`, () =>
    isManaged({ headers: { "Content-Encoding": coding }, encode, sent: GREETING, kept: GREETING }));
}

const MEGABYTE = "\0".repeat(1024 * 1024);
const refusals: readonly (readonly [kind: string, coding: string, body: Uint8Array, status: number])[] = [
  ["a megabyte of zeros in gzip", "gzip", gzipSync(MEGABYTE), 413],
  ["a megabyte of zeros in deflate", "deflate", deflateSync(MEGABYTE), 413],
  ["a megabyte of zeros in raw deflate", "deflate", deflateRawSync(MEGABYTE), 413],
  ["a gzip that ends in its middle", "gzip", gzipSync(valuesText()).subarray(0, 100), 400],
  ["plain text that is said to be gzip", "gzip", utf8(valuesText()), 400],
  ["plain text that is said to be deflate", "deflate", utf8(valuesText()), 400],
  ["a gzip in a gzip", "gzip, gzip", gzipSync(gzipSync(valuesText())), 415],
  ["Brotli", "br", utf8("x"), 415],
];
const REFUSED: Readonly<Record<number, string>> = {
  400: "the body is not what its Content-Encoding says\n",
  413: tooLarge(),
  415: "the Content-Encoding is none of gzip and deflate\n",
};
for (const [kind, coding, body, status] of refusals) {
  test(`${kind} is refused, and its device's next Inform is taken [QUIRKS-MESSAGE-5]`, async () => {
    await using device = await oddDevice(server);
    {
      using wire = await ByteWire.open(server);
      const refused = await wire.post(body, { "Content-Encoding": coding });
      assertSent(refused, status, REFUSED[status] ?? "");
    }
    assertInformed(await device.post(device.inform(), {}));
    assertNothing(await device.post(""));
  });
}

test("a body that inflates to more than a session may send ends the session, and the call is asked again [QUIRKS-MESSAGE-5]", async () => {
  await using device = await oddDevice(server);
  const operation = await device.wanted({ method: "GetParameterValues", params: { ParameterNames: [NAME] } });
  using wire = await ByteWire.open(server);
  assertInformed(await wire.post(utf8(device.inform())));
  assert.equal(readCall({ ...(await wire.post(EMPTY)), bytes: "" }).method, "GetParameterValues");
  const bomb = gzipSync("\0".repeat(9 * 1024 * 1024));
  assertSent(
    await wire.post(bomb, { "Content-Encoding": "gzip" }),
    413,
    tooLarge("urn:dslforum-org:cwmp-1-2"),
  );
  assertInformed(await device.post(device.inform(), {}));
  const { id } = readCall(await device.post(""));
  assert.deepEqual(await device.kept(operation), { state: "running", attempts: 2 });
  assertNothing(await device.post(valuesText(id)));
  assert.equal((await device.kept(operation)).state, "done");
});

for (const coding of ["gzip", "deflate", "br", "gzip, gzip"]) {
  test(`an empty POST that is said to be ${coding} is an empty POST [QUIRKS-MESSAGE-4]`, () =>
    isManaged({ headers: {}, empty: { "Content-Encoding": coding }, encode: utf8, sent: "1", kept: "1" }));
}

interface Manner {
  readonly headers: Headers;
  /** Those of its empty POSTs, where they differ. */
  readonly empty?: Headers;
  readonly encode: Encode;
  readonly sent: string;
  readonly kept: string;
  readonly declaration?: boolean;
}

/** Fails unless a device that writes so has a session to its end, with a call, and the store holds what it said. */
async function isManaged({
  headers,
  empty = headers,
  encode,
  sent,
  kept,
  declaration = false,
}: Manner): Promise<void> {
  await using device = await oddDevice(server);
  const operation = await device.wanted({
    method: "GetParameterValues",
    params: { ParameterNames: ["Device.X"] },
  });
  using wire = await ByteWire.open(server);
  const inform = device.inform({ events: ["1 BOOT"], parameters: { [NAME]: sent } });
  assertInformed(await wire.post(encode(inform), headers), { declaration });
  const called = await wire.post(EMPTY, empty);
  const { method, id } = readCall({ ...called, bytes: "" });
  assert.equal(method, "GetParameterValues");
  const answer = valuesText(id).replace("<Value>1</Value>", `<Value>${sent}</Value>`);
  assertNothing(await wire.post(encode(answer), headers));
  assertNothing(await wire.post(EMPTY, empty));

  assert.deepEqual(await eventsOf(server, device), [["boot", "1 BOOT", ""]]);
  assert.deepEqual(await valuesOf(server, device, "Device.A."), { B: kept });
  const result = { ParameterList: { "Device.": { X: kept } } };
  assert.deepEqual(await device.kept(operation), { state: "done", attempts: 1, result });
}
