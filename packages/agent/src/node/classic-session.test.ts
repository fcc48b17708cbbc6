import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import { test } from "node:test";
import { encodeAnswer, encodeFault, encodeRequest } from "@heliograph/protocol";
import type { AcsRequest, DeviceRequest } from "@heliograph/protocol";
import { AcsConnection } from "./acs-connection.ts";
import type { AcsConnectionOptions } from "./acs-connection.ts";
import { classicSession } from "./classic-session.ts";
import type { ClassicSessionOptions } from "./classic-session.ts";

const frame = { id: "1", namespace: "urn:dslforum-org:cwmp-1-0" };
const informed = encodeAnswer({ ...frame, method: "Inform", result: { MaxEnvelopes: 1 } });
const at = "2026-01-01T00:00:00Z";

/** No reply at all. */
const SILENCE = 0;

interface Said {
  readonly headers: IncomingHttpHeaders;
  readonly url: string;
  readonly body: string;
}

interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** An ACS that reads its replies from a list and keeps what it heard. */
class ListAcs implements AsyncDisposable {
  readonly heard: Said[] = [];
  readonly #server;

  constructor(replies: readonly Reply[]) {
    const left = [...replies];
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.once("end", () => {
        const { headers, url = "" } = request;
        this.heard.push({ headers, url, body: Buffer.concat(chunks).toString() });
        const { status = 200, headers: own = {}, body = "" } = left.shift() ?? { status: 204 };
        if (status === SILENCE) return;
        response.writeHead(status, { ...own, "content-length": Buffer.byteLength(body) }).end(body);
      });
    });
  }

  async open(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    const address = this.#server.address();
    assert.ok(typeof address === "object" && address !== null);
    return `http://127.0.0.1:${address.port}/acs`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}

interface Setting {
  readonly connection?: Partial<AcsConnectionOptions>;
  readonly session?: Partial<ClassicSessionOptions>;
}

async function hold(
  replies: readonly Reply[],
  { connection, session }: Setting = {},
): Promise<readonly Said[]> {
  await using acs = new ListAcs(replies);
  const url = await acs.open();
  const http = new AcsConnection({ url, credentials: { username: "cpe", password: "pw" }, ...connection });
  try {
    await classicSession({
      connection: http,
      inform: {
        DeviceId: { Manufacturer: "Acme", OUI: "00D09E", ProductClass: "", SerialNumber: "1" },
        Event: [],
        MaxEnvelopes: 1,
        CurrentTime: at,
        RetryCount: 0,
        ParameterList: {},
      },
      header: {},
      nextRequest: () => undefined,
      dispatch: async () => ({ kind: "fault", fault: { code: 9000, message: "Method not supported" } }),
      onInformed: () => undefined,
      onAnswered: () => undefined,
      ...session,
    });
    return acs.heard;
  } finally {
    http.close();
  }
}

const complete: AcsRequest = {
  method: "TransferComplete",
  params: { FaultStruct: { FaultCode: 0 }, StartTime: at, CompleteTime: at },
};
const reboot: DeviceRequest = { method: "Reboot", params: { CommandKey: "k" } };

test("an envelope has a type and an empty SOAPAction, an empty POST neither [CWMP-HTTP-1, CWMP-HTTP-2, CWMP-HTTP-3]", async () => {
  const [inform, empty] = await hold([{ body: informed }]);
  assert.equal(inform?.headers["content-type"], 'text/xml; charset="utf-8"');
  assert.equal(inform.headers["soapaction"], "");
  assert.equal(empty?.body, "");
  assert.equal(empty.headers["content-type"], undefined);
  assert.equal(empty.headers["soapaction"], undefined);
  assert.equal(empty.headers["content-length"], "0");
});

test("the answer to a call has its id and its namespace [CWMP-SESSION-5, CWMP-SOAP-3]", async () => {
  const call = encodeRequest({ request: reboot, id: "acs <7>", namespace: "urn:dslforum-org:cwmp-1-1" });
  const served: DeviceRequest[] = [];
  const [, , answer] = await hold([{ body: informed }, { body: call }], {
    session: {
      dispatch: async (request) => {
        served.push(request);
        return { kind: "answer", method: "Reboot", result: {} };
      },
    },
  });
  assert.equal(served[0]?.method, "Reboot");
  assert.match(answer?.body ?? "", /acs &lt;7&gt;<\/cwmp:ID>/);
  assert.match(answer?.body ?? "", /xmlns:cwmp="urn:dslforum-org:cwmp-1-1"/);
  assert.match(answer?.body ?? "", /<cwmp:RebootResponse/);
});

const listed = { header: { supportedCwmpVersions: ["1.0", "1.1", "1.2", "1.3", "1.4"] } };
const informedUnder = (useCwmpVersion: string): Reply => ({
  body: encodeAnswer({
    ...{ ...frame, header: { useCwmpVersion } },
    method: "Inform",
    result: { MaxEnvelopes: 1 },
  }),
});

for (const [version, namespace] of [
  ["1.0", "urn:dslforum-org:cwmp-1-0"],
  ["1.4", "urn:dslforum-org:cwmp-1-2"],
] as const) {
  test(`once the ACS has named CWMP ${version}, the device writes in its namespace [CWMP-VERSION-1, CWMP-VERSION-5]`, async () => {
    const queue = [complete];
    const completed = encodeAnswer({ ...frame, method: "TransferComplete", result: {} });
    const [inform, request] = await hold([informedUnder(version), { body: completed }], {
      session: { ...listed, nextRequest: () => queue[0], onAnswered: () => void queue.shift() },
    });
    assert.match(
      inform?.body ?? "",
      /<cwmp:SupportedCWMPVersions soap-env:mustUnderstand="0">1\.0,1\.1,1\.2,1\.3,1\.4</,
    );
    assert.match(request?.body ?? "", new RegExp(`xmlns:cwmp="${namespace}"`));
  });
}

for (const version of ["1.5", "cwmp"]) {
  test(`a session under a version that was not offered, ${version}, fails [CWMP-VERSION-5]`, async () => {
    await assert.rejects(hold([informedUnder(version)], { session: listed }), { code: "E_SESSION_FAILED" });
  });
}

test("once challenged, the device proves itself with every message [CWMP-AUTH-3]", async () => {
  const challenge = { "www-authenticate": 'Digest realm="acs", nonce="n", qop="auth"' };
  const heard = await hold([{ status: 401, headers: challenge }, { body: informed }]);
  const counts = heard.map(({ headers }) => /nc=(\d+)/.exec(headers.authorization ?? "")?.[1]);
  assert.deepEqual(counts, [undefined, "00000001", "00000002"]);
});

test("Basic is answered on loopback [CWMP-AUTH-1]", async () => {
  const challenge = { "www-authenticate": 'Basic realm="acs"' };
  const [, inform] = await hold([{ status: 401, headers: challenge }, { body: informed }]);
  assert.equal(inform?.headers.authorization, `Basic ${btoa("cpe:pw")}`);
});

test("credentials that are refused end the session", async () => {
  const challenge = { "www-authenticate": 'Digest realm="acs", nonce="n", qop="auth"' };
  const refusal = { status: 401, headers: challenge };
  await assert.rejects(hold([refusal, refusal, { body: informed }]), {
    code: "E_SESSION_FAILED",
    message: "the ACS answers with HTTP status 401",
  });
});

test("a stale nonce is no refusal in a later message", async () => {
  const challenge = (nonce: string): Reply => ({
    status: 401,
    headers: { "www-authenticate": `Digest realm="acs", nonce="${nonce}", qop="auth"` },
  });
  const heard = await hold([challenge("one"), { body: informed }, challenge("two"), { status: 204 }]);
  assert.match(heard.at(-1)?.headers.authorization ?? "", /nonce="two"/);
});

test("cookies come back, the last ones set [CWMP-HTTP-9]", async () => {
  const call = encodeRequest({ ...frame, request: reboot });
  const heard = await hold([
    { body: informed, headers: { "set-cookie": "session=1; Path=/" } },
    { body: call, headers: { "set-cookie": "session=2" } },
  ]);
  assert.deepEqual(
    heard.map(({ headers }) => headers.cookie),
    [undefined, "session=1", "session=2"],
  );
});

test("a redirect is followed, and the rest of the session goes there, too", async () => {
  const heard = await hold([{ status: 307, headers: { location: "/elsewhere" } }, { body: informed }]);
  assert.deepEqual(
    heard.map(({ url }) => url),
    ["/acs", "/elsewhere", "/elsewhere"],
  );
});

test("redirects without end are a failed session", async () => {
  const moved = Array.from({ length: 20 }, () => ({ status: 302, headers: { location: "/acs" } }));
  await assert.rejects(hold(moved), { code: "E_SESSION_FAILED" });
});

test("8005 asks for the same request once more, but not for ever [CWMP-FAULT-6]", async () => {
  const retry = {
    body: encodeFault({ ...frame, fault: { code: 8005, message: "Retry request" }, role: "acs" }),
  };
  const heard = await hold([retry, retry, { body: informed }]);
  assert.equal(heard.filter(({ body }) => body.includes("<cwmp:Inform>")).length, 3);
  await assert.rejects(hold(Array.from({ length: 10 }, () => retry)), /again and again/);
});

test("own requests go one by one before the empty POST [CWMP-SESSION-4]", async () => {
  const queue = [complete, complete];
  const completed = encodeAnswer({ ...frame, method: "TransferComplete", result: {} });
  const heard = await hold([{ body: informed }, { body: completed }, { body: completed }], {
    session: { nextRequest: () => queue[0], onAnswered: () => void queue.shift() },
  });
  const kinds = heard.map(({ body }) => /<cwmp:(?!ID)(\w+)/.exec(body)?.[1] ?? "");
  assert.deepEqual(kinds, ["Inform", "TransferComplete", "TransferComplete", ""]);
});

test("own requests that come up while the ACS asks are said before the end [CWMP-SESSION-9]", async () => {
  const queue: AcsRequest[] = [];
  const completed = encodeAnswer({ ...frame, method: "TransferComplete", result: {} });
  const call = encodeRequest({ ...frame, request: reboot });
  const heard = await hold([{ body: informed }, { body: call }, { status: 204 }, { body: completed }], {
    session: {
      nextRequest: () => queue[0],
      onAnswered: () => void queue.shift(),
      dispatch: async () => {
        queue.push(complete);
        return { kind: "answer", method: "Reboot", result: {} };
      },
    },
  });
  assert.equal(queue.length, 0);
  assert.equal(heard.at(-1)?.body, "");
});

for (const [kind, chars] of [
  ["of more characters than are read", 9_000_000],
  ["of more bytes than are taken", 17_000_000],
] as const) {
  test(`a call ${kind} is refused with 9004, and the session goes on [CWMP-SIZE-4]`, async () => {
    const large = encodeRequest({ request: { method: "X_00D09E_Big", params: {} }, ...frame, id: "big" });
    const padded = large.replace(/<\/[\w:-]*Body>/, (end) => " ".repeat(chars) + end);
    const call = encodeRequest({ ...frame, request: reboot });
    const [, , refusal, answer] = await hold([{ body: informed }, { body: padded }, { body: call }]);
    assert.match(refusal?.body ?? "", /<FaultCode>9004</);
    assert.match(refusal?.body ?? "", />big<\/cwmp:ID>/);
    assert.match(answer?.body ?? "", /<FaultCode>9000</);
  });
}

test("an unknown method is refused with 9000, a malformed one with 9003 [CWMP-SOAP-14]", async () => {
  const call = encodeRequest({
    ...frame,
    request: { method: "AddObject", params: { ObjectName: "Device.X." } },
  });
  const unknown = call.replaceAll("AddObject", "Frobnicate");
  const schedule = { method: "ScheduleInform", params: { DelaySeconds: 5 } } as const;
  const malformed = encodeRequest({ ...frame, request: schedule }).replace(">5<", ">soon<");
  const [, , first, second] = await hold([{ body: informed }, { body: unknown }, { body: malformed }]);
  assert.match(first?.body ?? "", /<FaultCode>9000</);
  assert.match(second?.body ?? "", /<FaultCode>9003</);
});

const failures: readonly (readonly [why: RegExp, replies: readonly Reply[]])[] = [
  [/HTTP status 500/, [{ status: 500 }]],
  [/answers Inform with nothing/, [{ status: 204 }]],
  [/sends no envelope/, [{ body: "<html>" }]],
  [/answers Inform with the request Reboot/, [{ body: encodeRequest({ ...frame, request: reboot }) }]],
  [
    /refuses Inform: 8001 Request denied/,
    [{ body: encodeFault({ ...frame, fault: { code: 8001, message: "Request denied" }, role: "acs" }) }],
  ],
  [/sends the answer Inform unasked/, [{ body: informed }, { body: informed }]],
  [/HTTP status 503/, [{ body: informed }, { status: 503 }]],
];

for (const [why, replies] of failures) {
  test(`a session fails where the ACS ${why.source}`, async () => {
    await assert.rejects(hold(replies), { code: "E_SESSION_FAILED", message: why });
  });
}

test("an ACS that is not there is a connection error", async () => {
  const nobody = { connection: { url: "http://127.0.0.1:9/" } };
  await assert.rejects(hold([], nobody), {
    code: "E_ACS_CONNECTION",
    message: /127.0.0.1:9 does not answer/,
  });
});

test("an ACS that is silent is a connection error [CWMP-SESSION-10]", async () => {
  const silent = { status: SILENCE };
  const patience = { connection: { timeoutMs: 50 } };
  await assert.rejects(hold([silent], patience), { code: "E_ACS_CONNECTION", message: /timeout/ });
});
