import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient } from "./client.ts";
import { ApiError, DeviceFaultError, NoAnswerError, NoResultError } from "./errors.ts";

interface Seen {
  url: string;
  method: string | undefined;
  headers: Headers;
  body: unknown;
}

/** A client of a server that gives one answer to everything, with what that server saw. */
function clientOf(answer: () => Response | Promise<Response>) {
  const seen: Seen[] = [];
  const client = createClient({
    url: "http://acs.example:8080/",
    token: "secret",
    fetch: async (input, init) => {
      assert.ok(typeof input === "string");
      const body: unknown = typeof init?.body === "string" ? JSON.parse(init.body) : undefined;
      seen.push({ url: input, method: init?.method, headers: new Headers(init?.headers), body });
      return await answer();
    },
  });
  return { client, seen };
}

const operation = {
  id: "0".repeat(32),
  device: "00D09E-1",
  state: "done",
  rpcs: [{ method: "Reboot", params: {} }],
  attempts: 1,
  created: "2026-01-31T00:00:00.000Z",
  expires: "2026-02-01T00:00:00.000Z",
};

test("a key's own percent signs reach the server", async () => {
  const { client, seen } = clientOf(() => Response.json({}));
  await client.devices.get("00D09E-a%2Db-1");
  assert.equal(seen[0]?.url, "http://acs.example:8080/api/v1/devices/00D09E-a%252Db-1");
  assert.equal(seen[0].headers.get("authorization"), "Bearer secret");
});

test("what is left out of a query does not stand in the URL", async () => {
  const { client, seen } = clientOf(() => Response.json({ items: [] }));
  await client.devices.list({ query: "fritz box", limit: 2 });
  assert.equal(seen[0]?.url, "http://acs.example:8080/api/v1/devices?query=fritz+box&limit=2");
});

test("a call gives the device's result", async () => {
  const { client, seen } = clientOf(() => Response.json({ ...operation, result: { Status: 0 } }));
  const result = await client.call("00D09E-1", "Reboot", { wait: 5, idempotencyKey: "once" });
  assert.deepEqual(result, { Status: 0 });
  assert.deepEqual(seen[0]?.body, { method: "Reboot", params: {}, wait: 5 });
  assert.equal(seen[0].headers.get("idempotency-key"), "once");
});

test("a call that the device refuses throws its fault", async () => {
  const fault = { code: 9002, message: "Internal error" };
  const { client } = clientOf(() => Response.json({ ...operation, state: "faulted", fault }));
  await assert.rejects(client.call("00D09E-1", "Reboot"), (error) => {
    assert.ok(error instanceof DeviceFaultError);
    assert.deepEqual(error.fault, fault);
    return true;
  });
});

test("a call that is not answered in time throws the operation, which goes on", async () => {
  const { client } = clientOf(() => Response.json({ ...operation, state: "queued" }, { status: 202 }));
  await assert.rejects(client.call("00D09E-1", "Reboot"), (error) => {
    assert.ok(error instanceof NoResultError);
    assert.equal(error.operation.state, "queued");
    return true;
  });
});

test("a refusal is thrown with its problem, its reason and how long to wait", async () => {
  const problem = {
    type: "urn:heliograph:problem:queue-full",
    title: "Too many operations wait for this device",
    status: 429,
    detail: "wait for one to end",
  };
  const { client } = clientOf(() => Response.json(problem, { status: 429, headers: { "retry-after": "5" } }));
  await assert.rejects(client.devices.list(), (error) => {
    assert.ok(error instanceof ApiError);
    assert.deepEqual(error.problem, problem);
    assert.deepEqual([error.reason, error.status, error.retryAfterMs], ["queue-full", 429, 5_000]);
    return true;
  });
});

test("a proxy's refusal is a problem of no reason", async () => {
  const { client } = clientOf(() => new Response("<h1>Bad gateway</h1>", { status: 502 }));
  await assert.rejects(client.devices.list(), { name: "ApiError", status: 502, reason: undefined });
});

test("nobody there is told apart from a refusal", async () => {
  const { client } = clientOf(() => Promise.reject(new TypeError("fetch failed")));
  await assert.rejects(client.devices.list(), NoAnswerError);
});

test("something that is no JSON is no answer of this API", async () => {
  const { client } = clientOf(() => new Response("welcome"));
  await assert.rejects(client.devices.list(), NoAnswerError);
});

test("an aborted call rejects with the signal's reason", async () => {
  const { client } = clientOf(() => Promise.reject(new TypeError("fetch failed")));
  const signal = AbortSignal.abort(new Error("changed my mind"));
  await assert.rejects(client.devices.list({}, { signal }), /changed my mind/);
});
