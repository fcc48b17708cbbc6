import {
  problemRegister,
  problemUri,
  routes,
  type Device,
  type Operation,
  type ProblemError,
  type ProblemReason,
  type Route,
  type RouteName,
} from "@heliograph/api";
import { validator } from "@heliograph/api/validation";
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { isJsonObject, parseJson } from "./json-object.ts";
import { NOW } from "./recorded-terminal.fixture.ts";

/** One request, found to be of a route. */
export interface Asked {
  readonly route: RouteName;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingMessage["headers"];
  readonly body: unknown;
}

export type Answer =
  | { readonly status: number; readonly body?: object | string }
  | {
      readonly refuses: ProblemReason;
      readonly detail?: string;
      readonly errors?: readonly ProblemError[];
    }
  /** The connection is cut where the answer was due. */
  | "cut";

/** What a test lets each route answer; any other route is the test's failure. */
export type Script = { readonly [N in RouteName]?: (asked: Asked) => Answer };

export interface ScriptedNorthbound extends AsyncDisposable {
  readonly url: string;
  /** Everything that was asked, in order. */
  readonly asked: readonly Asked[];
}

export const TOKEN = "a token of sixteen";

/** A northbound whose requests and answers are held to the API's own schemas. */
export async function scriptedNorthbound(script: Script): Promise<ScriptedNorthbound> {
  const asked: Asked[] = [];
  const faults: unknown[] = [];
  const server = createServer((request, response) => {
    serve({ script, asked }, request, response).catch((error: unknown) => {
      faults.push(error);
      response.destroy();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  return {
    url: `http://127.0.0.1:${address.port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
      assert.deepEqual(faults, []);
    },
  };
}

interface Stage {
  readonly script: Script;
  readonly asked: Asked[];
}

async function serve(stage: Stage, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const isOpen = request.url === routes.signIn.path;
  if (!isOpen && request.headers.authorization !== `Bearer ${TOKEN}`) {
    send(response, routes.listDevices, { refuses: "unauthenticated" });
    return;
  }
  const asked = await readAsked(request);
  stage.asked.push(asked);
  const answer = stage.script[asked.route];
  assert.ok(answer !== undefined, `${asked.route} was not expected`);
  send(response, routes[asked.route], answer(asked));
}

async function readAsked(request: IncomingMessage): Promise<Asked> {
  const url = new URL(request.url ?? "", "http://localhost");
  for (const [route, definition] of Object.entries<Route>(routes)) {
    const params = matchPath(definition.path, url.pathname);
    if (params === undefined || definition.method !== request.method || !isRouteName(route)) continue;
    const sent = await text(request);
    const body = sent === "" ? undefined : parseJson(sent);
    if (definition.body !== undefined) holds(definition.body, body);
    return { route, params, query: Object.fromEntries(url.searchParams), headers: request.headers, body };
  }
  throw new Error(`${request.method ?? ""} ${url.pathname} is no route of the API`);
}

function isRouteName(name: string): name is RouteName {
  return Object.hasOwn(routes, name);
}

function matchPath(path: string, pathname: string): Readonly<Record<string, string>> | undefined {
  const pattern = path.replaceAll(/\{(\w+)\}/g, "(?<$1>[^/]+)");
  const found = new RegExp(`^${pattern}$`).exec(pathname);
  if (found === null) return undefined;
  return Object.fromEntries(
    Object.entries(found.groups ?? {}).map(([name, part]) => [name, decodeURIComponent(part)]),
  );
}

function send(response: ServerResponse, route: Route, answer: Answer): void {
  if (answer === "cut") {
    response.destroy();
    return;
  }
  if ("refuses" in answer) {
    const { refuses, detail = "no", errors } = answer;
    const { status, title } = problemRegister[refuses];
    const problem = { type: problemUri(refuses), title, status, detail, errors };
    response.writeHead(status, { "content-type": "application/problem+json" }).end(JSON.stringify(problem));
    return;
  }
  const { status, body } = answer;
  const form = route.answers[status];
  assert.ok(form !== undefined, `${route.path} does not answer ${status}`);
  if (typeof body === "string") {
    response.writeHead(status, { "content-type": "text/event-stream" }).end(body);
    return;
  }
  if (form.form === "json") holds(form.schema, body);
  response.writeHead(status, { "content-type": "application/json" });
  response.end(body === undefined ? "" : JSON.stringify(body));
}

function holds(schema: Parameters<typeof validator>[0], value: unknown): void {
  const { check, errors } = validator(schema);
  assert.ok(check(value), JSON.stringify(errors(value)));
}

/** A device as the API shows it; its key, serial number and all else as the test wants them. */
export function exampleDevice(serialNumber: string, changes: Partial<Device> = {}): Device {
  return {
    key: `00D09E-IGD-${serialNumber}`,
    deviceId: { Manufacturer: "Acme", OUI: "00D09E", ProductClass: "IGD", SerialNumber: serialNumber },
    approval: "approved",
    reachability: "wakeable",
    address: "192.0.2.7",
    enrolled: { at: ago(86_400), by: "first-contact" },
    lastInform: ago(12),
    facts: { root: "Device.", softwareVersion: "2.1" },
    connectionRequest: { attempts: 0 },
    credentials: "confirmed",
    tags: [],
    ...changes,
  };
}

export const OPERATION = "3f0c2d5e8a9b4c1d9e7f6a5b4c3d2e1f";

/** An operation on {@link exampleDevice} `SN0001`. */
export function exampleOperation(changes: Partial<Operation> = {}): Operation {
  return {
    id: OPERATION,
    device: "00D09E-IGD-SN0001",
    state: "queued",
    rpcs: [{ method: "Reboot", params: {} }],
    attempts: 0,
    created: ago(0),
    expires: ago(-86_400),
    ...changes,
  };
}

/** So many seconds before the time of the test. */
export function ago(seconds: number): string {
  return new Date(NOW - seconds * 1_000).toISOString();
}

/** Devices as the ACS lists them: those in whose key the query occurs. */
export function deviceList(...devices: readonly Device[]): Pick<Script, "getDevice" | "listDevices"> {
  return {
    getDevice({ params }) {
      const device = devices.find(({ key }) => key === params["key"]);
      return device === undefined ? { refuses: "unknown-device" } : { status: 200, body: device };
    },
    listDevices({ query }) {
      const part = (query["query"] ?? "").toLowerCase();
      return { status: 200, body: { items: devices.filter(({ key }) => key.toLowerCase().includes(part)) } };
    },
  };
}

/** The body of a request, where it is an object. */
export function bodyOf(asked: Asked | undefined): Readonly<Record<string, unknown>> {
  return isJsonObject(asked?.body) ? asked.body : {};
}
