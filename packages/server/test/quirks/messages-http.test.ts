import assert from "node:assert/strict";
import { request as httpRequest } from "node:http";
import type { IncomingMessage } from "node:http";
import { after, test } from "node:test";
import { PATIENCE_MS, tempDir } from "@heliograph/testkit";
import { valuesText } from "../envelopes.ts";
import { RunningServer } from "../running-server.ts";
import { BareDevice, postText, proofOf, readCall } from "./bare-device.ts";
import type { Headers } from "./bare-device.ts";
import { ByteWire } from "./messages-bytes.ts";
import {
  assertInformed,
  assertNothing,
  assertSent,
  eventsOf,
  oddDevice,
  tooLarge,
} from "./messages-odd-device.ts";

const resources = new AsyncDisposableStack();
const server = resources.use(await RunningServer.start(resources.use(tempDir()), "loopback"));
after(() => resources.disposeAsync());

const read = { method: "GetParameterValues", params: { ParameterNames: ["Device.X"] } };
const done = { state: "done", attempts: 1, result: { ParameterList: { "Device.": { X: "1" } } } };

/** How a device writes a POST. */
type Post = (body: string, cookie: Headers) => string;

function withHeaders(headers: Headers): Post {
  return (body, cookie) => postText(body, { ...headers, ...cookie });
}

const contentTypes: readonly (readonly [kind: string, headers: Headers])[] = [
  ["missing", {}],
  ["empty", { "Content-Type": "" }],
  ["text/html", { "Content-Type": "text/html" }],
  ["that of SOAP 1.2", { "Content-Type": 'application/soap+xml; charset=utf-8; action="urn:x"' }],
  ["a form's", { "Content-Type": "application/x-www-form-urlencoded" }],
  ["that of several parts", { "Content-Type": "multipart/form-data; boundary=x" }],
  ["text/xml with its charset", { "Content-Type": "text/xml; charset=utf-8" }],
  ["text/xml with its charset in quotes", { "Content-Type": 'text/xml; charset="utf-8"' }],
  ["text/xml with its charset out of place", { "Content-Type": "text/xml charset=utf-8;" }],
  ["no type at all", { "Content-Type": ";;=,x" }],
];
for (const [kind, headers] of contentTypes) {
  test(`a device whose Content-Type is ${kind} is managed like any other [QUIRKS-MESSAGE-22]`, () =>
    isManaged(withHeaders(headers)));
}

const further: readonly (readonly [kind: string, headers: Headers])[] = [
  ["an empty SOAPAction", { SOAPAction: "" }],
  ["a SOAPAction of two quotes", { SOAPAction: '""' }],
  ["a SOAPAction that names another method", { SOAPAction: '"urn:x#Reboot"' }],
  ["a User-Agent", { "User-Agent": "CPE Netcwmp Agent" }],
  ["Connection: Keep-Alive", { Connection: "Keep-Alive" }],
  ["Connection: TE, and what belongs to it", { Connection: "TE", TE: "trailers" }],
  ["what a proxy may not keep", { "Proxy-Connection": "keep-alive", Via: "1.0 fred" }],
  ["Accept-Encoding", { "Accept-Encoding": "gzip, deflate" }],
  [
    "an upgrade to HTTP/2",
    { Connection: "Upgrade, HTTP2-Settings", Upgrade: "h2c", "HTTP2-Settings": "AAMAAABk" },
  ],
];
for (const [kind, headers] of further) {
  test(`a device that sends ${kind} is managed like any other [QUIRKS-MESSAGE-22]`, () =>
    isManaged(withHeaders(headers)));
}

const chunked: readonly (readonly [kind: string, chunks: (body: string) => string])[] = [
  ["one chunk", (body) => chunk(body)],
  ["a chunk for each character", (body) => Array.from(body, (character) => chunk(character)).join("")],
  [
    "chunks with extensions",
    (body) => chunk(body.slice(0, 100), ";a=b;c") + chunk(body.slice(100), ';d="e;f"'),
  ],
  ["a chunk whose size has zeros in front", (body) => `0000${chunk(body)}`],
  ["a chunk whose size is in capitals", (body) => chunk(body).replace(/^\w+/, (size) => size.toUpperCase())],
];
for (const [kind, chunks] of chunked) {
  test(`a request in ${kind} is read, and the answer has its length [QUIRKS-MESSAGE-67]`, () =>
    isManaged((body, cookie) => chunkedPost(body === "" ? "" : chunks(body), cookie)));
}

test("chunks with a trailer behind them are read [QUIRKS-MESSAGE-67]", () =>
  isManaged((body, cookie) => {
    const post = chunkedPost(body === "" ? "" : chunk(body), cookie);
    return post.replace(/\r\n$/, "X-Checksum: 1\r\n\r\n");
  }));

test("a device that writes chunks by its own credentials is challenged, and heard [QUIRKS-MESSAGE-67]", async () => {
  await using device = await BareDevice.equipped(server);
  const operation = await device.wanted(read);
  const wire = await device.reconnect();
  const send = async (body: string, headers: Headers) => {
    wire.write(chunkedPost(body === "" ? "" : chunk(body), headers));
    return device.heard(await wire.reply());
  };
  const challenged = await send(device.inform(), {});
  assertSent(challenged, 401, "authentication required\n");
  const proof = proofOf(challenged, device.own.login);
  assertInformed(await send(device.inform(), proof));
  const { id } = readCall(await send("", { ...proof, ...device.cookie }));
  assertNothing(await send(valuesText(id), { ...proof, ...device.cookie }));
  assert.deepEqual(await device.kept(operation), done);
});

const answers: readonly (readonly [kind: string, request: string, status: number, body: string])[] = [
  ["an empty POST", postText(""), 401, "authentication required\n"],
  [
    "a body that is no XML",
    postText("a=1"),
    400,
    "the body is no XML: text outside the root element at character 0\n",
  ],
  ["an answer outside a session", postText(valuesText()), 400, "no such session: begin with an Inform\n"],
  ["another path", postText("").replace("POST /", "POST /x"), 404, "the ACS is at /\n"],
  [
    "an encoding nobody knows",
    postText("x", { "Content-Encoding": "br" }),
    415,
    "the Content-Encoding is none of gzip and deflate\n",
  ],
  ["a body too large", postText("").replace("Length: 0", "Length: 99999999"), 413, tooLarge()],
];
for (const [kind, request, status, body] of answers) {
  test(`the answer to ${kind}, ${status}, comes with its length and in one piece [QUIRKS-MESSAGE-67]`, async () => {
    using wire = await ByteWire.open(server);
    assertSent(await wire.send(request), status, body);
  });
}

test("a device that sends no body before it has 100 is told so, and then answered [QUIRKS-MESSAGE-68]", async () => {
  await using device = await oddDevice(server);
  const operation = await device.wanted(read);
  const informed = await postOnContinue(device.inform());
  assert.equal(informed.statusCode, 200);
  const cookie = { Cookie: informed.headers["set-cookie"]?.[0]?.replace(/;.*/, "") ?? "" };
  const { id } = readCall(await device.post("", cookie));
  assert.equal((await postOnContinue(valuesText(id), cookie)).statusCode, 204);
  assert.deepEqual(await device.kept(operation), done);
});

test("a device that says it waits for 100, and does not, is answered all the same [QUIRKS-MESSAGE-68]", () =>
  isManaged(withHeaders({ Expect: "100-Continue" })));

/** A POST in chunks; the last, which is empty, is added. */
function chunkedPost(chunks: string, headers: Headers): string {
  return postText("", headers).replace(
    "Content-Length: 0\r\n\r\n",
    `Transfer-Encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`,
  );
}

test("a device that waits for 100 with a body too large is answered with 413 in its place [QUIRKS-MESSAGE-68]", async () => {
  await using device = await oddDevice(server);
  const wire = await device.reconnect();
  const head = postText("", { ...device.cookie, Expect: "100-continue" });
  wire.write(head.replace("Length: 0", "Length: 99999999"));
  const { bytes } = await wire.reply();
  assert.ok(bytes.startsWith("HTTP/1.1 413 "), bytes);
  await device.reconnect();
  assertInformed(await device.post(device.inform(), {}));
});

test("an expectation other than 100 is passed over [QUIRKS-MESSAGE-68]", () =>
  isManaged(withHeaders({ Expect: "200-ok" })));

function chunk(text: string, extension = ""): string {
  return `${Buffer.byteLength(text).toString(16)}${extension}\r\n${text}\r\n`;
}

/** Sends the body on 100, and not before; gives the head of the answer. */
function postOnContinue(body: string, headers: Headers = {}): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const expecting = { ...headers, Expect: "100-continue", "Content-Length": Buffer.byteLength(body) };
  const request = httpRequest(server.life.acsUrl, {
    method: "POST",
    headers: expecting,
    timeout: PATIENCE_MS,
  });
  request.once("continue", () => request.end(body));
  request.once("timeout", () => request.destroy(new Error("neither 100 nor an answer came")));
  request.once("error", reject);
  request.once("response", (response) => {
    response.resume();
    resolve(response);
  });
  request.flushHeaders();
  return promise;
}

/** Fails unless a device that posts so has a session to its end, with a call, and the store holds what it said. */
async function isManaged(write: Post): Promise<void> {
  await using device = await oddDevice(server);
  const operation = await device.wanted(read);
  const wire = await device.reconnect();
  const post = async (body: string, cookie: Headers) => {
    wire.write(write(body, cookie));
    return device.heard(await wire.reply());
  };
  assertInformed(await post(device.inform({ events: ["1 BOOT"] }), {}));
  const { method, id } = readCall(await post("", device.cookie));
  assert.equal(method, "GetParameterValues");
  assertNothing(await post(valuesText(id), device.cookie));
  assert.deepEqual(await device.kept(operation), done);
  assert.deepEqual(await eventsOf(server, device), [["boot", "1 BOOT", ""]]);
}
