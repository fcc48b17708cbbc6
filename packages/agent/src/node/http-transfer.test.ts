import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, RequestListener } from "node:http";
import { test } from "node:test";
import { ha1, parseAuthorization, verifyAuthorization, writeChallenge } from "@heliograph/protocol";
import type { DeviceParams } from "@heliograph/protocol";
import { TransferError } from "../transfer.ts";
import type { Transfer } from "../transfer.ts";
import { nodeHash } from "./authenticator.ts";
import { httpTransfer } from "./http-transfer.ts";

const credentials = { username: "cpe", password: "pw" };

class FileServer implements AsyncDisposable {
  readonly #server;

  constructor(listener: RequestListener) {
    this.#server = createServer(listener);
  }

  async open(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    const address = this.#server.address();
    assert.ok(typeof address === "object" && address !== null);
    return `http://127.0.0.1:${address.port}/file?x=1`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}

function download(URL: string, more: Partial<DeviceParams<"Download">> = {}): Transfer {
  return { kind: "Download", FileType: "3 Vendor Configuration File", URL, ...more };
}

async function faultOf(transfer: Promise<void>): Promise<number> {
  const error: unknown = await transfer.then(
    () => assert.fail("the transfer went well"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof TransferError);
  return error.code;
}

test("a file is downloaded whole and handed over", async () => {
  await using server = new FileServer((_request, response) => response.end("content"));
  const received: string[] = [];
  const move = httpTransfer({ receive: (file) => void received.push(Buffer.from(file).toString()) });
  await move(download(await server.open(), { FileSize: 7 }));
  assert.deepEqual(received, ["content"]);
});

test("a file is uploaded by PUT", async () => {
  const uploads: string[] = [];
  await using server = new FileServer((request, response) => {
    void bodyOf(request).then((body) => {
      uploads.push(`${request.method ?? ""} ${body}`);
      response.writeHead(201).end();
    });
  });
  const move = httpTransfer({ provide: () => new TextEncoder().encode("log") });
  await move({ kind: "Upload", FileType: "2 Vendor Log File", URL: await server.open() });
  assert.deepEqual(uploads, ["PUT log"]);
});

test("the file server's challenge is answered by Digest", async () => {
  await using server = new FileServer((request, response) => {
    const given = parseAuthorization(request.headers.authorization ?? "");
    const expected = {
      ha1: ha1(nodeHash, { ...credentials, realm: "files" }),
      algorithm: "MD5",
      method: "GET",
      equals: (one: string, other: string) => one === other,
    } as const;
    const isProven = given?.scheme === "digest" && verifyAuthorization(nodeHash, given, expected);
    const challenge = writeChallenge({ realm: "files", nonce: "n", qop: ["auth"], stale: false });
    if (isProven && given.uri === request.url) response.end("content");
    else response.writeHead(401, { "www-authenticate": challenge }).end();
  });
  const url = await server.open();
  await httpTransfer()(download(url, { Username: "cpe", Password: "pw" }));
  assert.equal(await faultOf(httpTransfer()(download(url, { Username: "cpe", Password: "wrong" }))), 9012);
  assert.equal(await faultOf(httpTransfer()(download(url))), 9012);
});

const failures: readonly (readonly [fault: number, what: string, listener: RequestListener])[] = [
  [9016, "is not there", (_request, response) => response.writeHead(404).end()],
  [9012, "is forbidden", (_request, response) => response.writeHead(403).end()],
  [
    9017,
    "breaks off",
    (_request, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("half", () => response.destroy());
    },
  ],
  [9018, "is shorter than announced", (_request, response) => response.end("short")],
  [9004, "is too long", (_request, response) => response.end("x".repeat(2_000))],
];

for (const [fault, what, listener] of failures) {
  test(`a file that ${what} ends the download with fault ${fault}`, async () => {
    await using server = new FileServer(listener);
    const move = httpTransfer({ maxBytes: 1_000 });
    assert.equal(await faultOf(move(download(await server.open(), { FileSize: 100 }))), fault);
  });
}

test("an upload that is refused ends with fault 9011", async () => {
  await using server = new FileServer((_request, response) => response.writeHead(500).end());
  const upload = { kind: "Upload", FileType: "2 Vendor Log File", URL: await server.open() } as const;
  assert.equal(await faultOf(httpTransfer()(upload)), 9011);
});

test("a server that is not there is fault 9015, another protocol 9013", async () => {
  assert.equal(await faultOf(httpTransfer()(download("http://127.0.0.1:9/"))), 9015);
  assert.equal(await faultOf(httpTransfer()(download("ftp://127.0.0.1/"))), 9013);
  assert.equal(await faultOf(httpTransfer()(download("nonsense"))), 9013);
});

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request) body += String(chunk);
  return body;
}
