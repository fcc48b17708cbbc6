import assert from "node:assert/strict";
import { test } from "node:test";
import { Authenticator } from "./authenticator.ts";
import type { Credentials } from "../credentials.ts";
import { listenForConnectionRequests, openConnectionRequestServer } from "./connection-request-server.ts";
import type { ConnectionRequestOptions } from "./connection-request-server.ts";

const known = { username: "acs", password: "let me in" };

async function opened(
  options: Partial<ConnectionRequestOptions> = {},
): Promise<AsyncDisposable & { readonly url: string; readonly requests: () => number }> {
  let requests = 0;
  const server = await openConnectionRequestServer({
    credentials: () => known,
    onConnectionRequest: () => {
      requests += 1;
    },
    ...options,
  });
  return { url: server.url, requests: () => requests, [Symbol.asyncDispose]: async () => server.close() };
}

async function get(url: string, authorization = "", init: RequestInit = {}): Promise<Response> {
  const headers = authorization === "" ? {} : { authorization };
  return fetch(url, { ...init, headers });
}

async function authorize(url: string, credentials: Credentials = known): Promise<string> {
  const challenge = await get(url);
  assert.equal(challenge.status, 401);
  const authenticator = new Authenticator({ credentials, allowBasic: true });
  assert.ok(authenticator.challenged(challenge.headers.get("www-authenticate") ?? ""));
  return authenticator.authorization({ method: "GET", uri: new URL(url).pathname }) ?? "";
}

test("who proves the password is let in, with 200 and an empty body [CWMP-CONNREQ-4]", async () => {
  await using server = await opened();
  const response = await get(server.url, await authorize(server.url));
  assert.equal(response.status, 200);
  assert.equal(await response.text(), "");
  assert.equal(server.requests(), 1);
});

test("the answer has left before the session is opened [CWMP-CONNREQ-4]", async (t) => {
  const server = await openConnectionRequestServer({
    credentials: () => known,
    onConnectionRequest: () => void server.close(),
  });
  t.after(() => server.close());
  assert.equal((await get(server.url, await authorize(server.url))).status, 200);
});

test("each server has a path of its own, and answers on no other [CWMP-CONNREQ-2]", async () => {
  await using one = await opened();
  await using other = await opened();
  assert.match(new URL(one.url).pathname, /^\/[0-9a-f]{24}$/);
  assert.notEqual(new URL(one.url).pathname, new URL(other.url).pathname);
  assert.equal((await get(new URL("/", one.url).href)).status, 404);
});

test("the ACS is challenged by Digest with MD5 and qop auth [CWMP-AUTH-4, CWMP-CONNREQ-3]", async () => {
  await using server = await opened();
  const challenge = (await get(server.url)).headers.get("www-authenticate") ?? "";
  assert.match(
    challenge,
    /^Digest realm="heliograph-agent", qop="auth", nonce="[0-9a-f]{32}", algorithm=MD5$/,
  );
});

const strangers: readonly Credentials[] = [
  { username: "acs", password: "wrong" },
  { username: "else", password: "let me in" },
];

for (const credentials of strangers) {
  test(`${credentials.username} with ${credentials.password} is not let in`, async () => {
    await using server = await opened();
    assert.equal((await get(server.url, await authorize(server.url, credentials))).status, 401);
    assert.equal(server.requests(), 0);
  });
}

test("Basic is not taken, and without a password set nobody is let in [CWMP-CONNREQ-3]", async () => {
  await using server = await opened();
  assert.equal((await get(server.url, `Basic ${btoa("acs:let me in")}`)).status, 401);
  await using closed = await opened({ credentials: () => undefined });
  assert.equal((await get(closed.url, await authorize(closed.url))).status, 401);
});

test("an answer to a challenge serves once", async () => {
  await using server = await opened();
  const authorization = await authorize(server.url);
  assert.equal((await get(server.url, authorization)).status, 200);
  assert.equal((await get(server.url, authorization)).status, 401);
  assert.equal(server.requests(), 1);
});

test("an answer for another server's path is of no use", async () => {
  await using server = await opened();
  const authorization = await authorize(server.url);
  assert.equal((await get(server.url, authorization.replace(/uri="[^"]*"/, 'uri="/"'))).status, 401);
});

test("challenges are forgotten when strangers ask for many", async () => {
  await using server = await opened();
  const authorization = await authorize(server.url);
  for (let asked = 0; asked < 32; asked++) await get(server.url);
  assert.equal((await get(server.url, authorization)).status, 401);
});

test("more than a period may have are refused with 503, without Retry-After [CWMP-CONNREQ-8]", async () => {
  await using server = await opened({ limit: { requests: 2, periodMs: 60_000 } });
  const statuses: number[] = [];
  for (let asked = 0; asked < 3; asked++) {
    const response = await get(server.url, await authorize(server.url));
    assert.equal(response.headers.get("retry-after"), null);
    statuses.push(response.status);
  }
  assert.deepEqual(statuses, [200, 200, 503]);
  assert.equal(server.requests(), 2);
});

test("strangers do not use up the limit", async () => {
  await using server = await opened({ limit: { requests: 1, periodMs: 60_000 } });
  for (let asked = 0; asked < 3; asked++) {
    await get(server.url, await authorize(server.url, { username: "acs", password: "wrong" }));
  }
  assert.equal((await get(server.url, await authorize(server.url))).status, 200);
});

test("while it cannot be called the device says 503", async () => {
  await using server = await opened({ isReady: () => false });
  assert.equal((await get(server.url, await authorize(server.url))).status, 503);
  assert.equal(server.requests(), 0);
});

test("only a GET without data is a connection request [CWMP-CONNREQ-1]", async () => {
  await using server = await opened();
  const authorization = await authorize(server.url);
  assert.equal((await get(server.url, authorization, { method: "POST" })).status, 405);
  assert.equal((await get(server.url, authorization, { method: "POST", body: "data" })).status, 400);
  assert.equal(server.requests(), 0);
});

test("devices share a listener, each with its own path, password and limit", async () => {
  const asked: string[] = [];
  await using listener = await shared();
  const accept = (name: string, path?: string): string =>
    listener.accept({
      credentials: () => ({ username: "acs", password: name }),
      limit: { requests: 1, periodMs: 60_000 },
      onConnectionRequest: () => asked.push(name),
      ...(path === undefined ? {} : { path }),
    }).url;
  const [one, other] = [accept("one"), accept("other", "/device/2")];
  assert.equal(new URL(one).host, new URL(other).host);
  assert.equal(new URL(other).pathname, "/device/2");
  const call = async (url: string, password: string): Promise<number> =>
    (await get(url, await authorize(url, { username: "acs", password }))).status;
  assert.deepEqual([await call(one, "one"), await call(one, "one")], [200, 503]);
  assert.deepEqual([await call(other, "one"), await call(other, "other")], [401, 200]);
  assert.deepEqual(asked, ["one", "other"]);
  assert.throws(() => accept("third", "/device/2"), /another device/);
});

test("a device that left a shared listener is not found there any more", async () => {
  await using listener = await shared();
  const address = listener.accept({ credentials: () => known, onConnectionRequest: () => undefined });
  const { url } = address;
  assert.equal((await get(url)).status, 401);
  address.close();
  assert.equal((await get(url)).status, 404);
});

async function shared(): Promise<AsyncDisposable & Awaited<ReturnType<typeof listenForConnectionRequests>>> {
  const listener = await listenForConnectionRequests();
  return { ...listener, [Symbol.asyncDispose]: async () => listener.close() };
}
