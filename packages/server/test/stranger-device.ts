// A device of the light transport, written from docs/light-transport.md and spec/schemas/light alone: nothing of the
// ACS's code was read for it. It is the test of that page: a stranger with TR-069, Node and the page must get here.
// Usage: node stranger-device.ts <acs-url> <user> <password> [serial]. `transfer` on stdin reports one; its end ends us.
import { createHash, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createInterface } from "node:readline";

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
type Dict = Record<string, unknown>;
type Id = string | number;
type Kind = "string" | "boolean" | "unsignedInt" | "int" | "dateTime";
type Parameter = { kind: Kind; text: string; writable: boolean; secret: boolean };
type CwmpEvent = { EventCode: string; CommandKey: string };
type Transfer = { CommandKey: string; StartTime: string; CompleteTime: string };
type Kept = { id: Id; text: string };
type Waiting = { resolve: (result: Dict) => void; reject: (why: Error) => void };
type Link = {
  socket: WebSocket;
  over: boolean;
  attachedAt: number;
  heardAt: number;
  pingSeconds: number;
  limit: number;
  renewAt: number;
  renewByHttp: boolean;
  waiting: Map<string, Waiting>;
  unsent: Kept[];
  last: Kept | undefined;
  jobs: Promise<void>;
};
type Session = { cookies: Map<string, string>; challenge: Map<string, string> | undefined; count: number };

class Fault extends Error {
  readonly code: number;
  readonly data: Json | undefined;
  constructor(code: number, message: string, data?: Json) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

const [acsUrl = "http://127.0.0.1:7547/", user = "", password = "", serial = "1"] = process.argv.slice(2);
const REPLAY_WINDOW = 8;
const LONGEST = 1048576;
const TABLE = "Device.X_5A5A5A_Lamp.";
const MGMT = "Device.ManagementServer.";
const DEVICE_ID = { Manufacturer: "Stranger", OUI: "5A5A5A", ProductClass: "Stranger", SerialNumber: serial };
const parameters = new Map<string, Parameter>();
const replay = new Map<string, Kept>(); // the answers to the last ids, across connections
const transfers: Transfer[] = []; // reports that are not answered yet
let owed: Kept[] = []; // answers that found no socket to leave by
let events: CwmpEvent[] = [event("0 BOOTSTRAP"), event("1 BOOT")];
let reference: { url: string; token: string; expires: number } | undefined;
let current: Link | undefined;
let next: NodeJS.Timeout | undefined; // the one thing that is to come when there is no socket
let attempts = 0; // connections lost in a row
let refusals = 0; // tokens refused in a row
let failures = 0; // HTTP sessions failed in a row
let woken = false; // a connection request came, and no socket was attached since
let busy = false; // an HTTP session is under way
let informedAt = Date.now();
let bootedAt = Date.now();
let prefix = randomBytes(6).toString("hex"); // so that no id is one of an earlier boot
let counter = 0;

function event(EventCode: string, CommandKey = ""): CwmpEvent {
  return { EventCode, CommandKey };
}
function say(line: Dict): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
function isDict(value: unknown): value is Dict {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
// Names are data, so only own members count.
function own(of: Dict, name: string): unknown {
  return Object.hasOwn(of, name) ? of[name] : undefined;
}
function addEvent(wanted: CwmpEvent): void {
  if (!events.some((e) => e.EventCode === wanted.EventCode && e.CommandKey === wanted.CommandKey)) events.push(wanted);
}

// ---- The data model

function put(path: string, kind: Kind, text: string, access: "r" | "rw" | "secret" = "r"): void {
  parameters.set(path, { kind, text, writable: access !== "r", secret: access === "secret" });
}
function get(path: string): string {
  return parameters.get(path)?.text ?? "";
}
function fillModel(connectionRequestUrl: string): void {
  put("Device.RootDataModelVersion", "string", "2.11");
  put("Device.DeviceInfo.HardwareVersion", "string", "1");
  put("Device.DeviceInfo.SoftwareVersion", "string", "1.0");
  put("Device.DeviceInfo.ProvisioningCode", "string", "", "rw");
  put("Device.DeviceInfo.UpTime", "unsignedInt", "0");
  put("Device.DeviceInfo.FirstUseDate", "dateTime", "2025-12-24T18:00:00Z");
  put(`${MGMT}URL`, "string", acsUrl);
  put(`${MGMT}Username`, "string", user, "rw");
  put(`${MGMT}Password`, "string", password, "secret");
  put(`${MGMT}ConnectionRequestURL`, "string", connectionRequestUrl);
  put(`${MGMT}ConnectionRequestUsername`, "string", "", "rw");
  put(`${MGMT}ConnectionRequestPassword`, "string", "", "secret");
  put(`${MGMT}ParameterKey`, "string", "");
  put(`${MGMT}PeriodicInformEnable`, "boolean", "true", "rw");
  put(`${MGMT}PeriodicInformInterval`, "unsignedInt", "3600", "rw");
  put(`${MGMT}CWMPRetryMinimumWaitInterval`, "unsignedInt", "5", "rw");
  put(`${MGMT}CWMPRetryIntervalMultiplier`, "unsignedInt", "2000", "rw");
  put("Device.X_5A5A5A_LampNumberOfEntries", "unsignedInt", "0");
}
function objects(): Set<string> {
  const found = new Set<string>([TABLE]);
  for (const path of parameters.keys()) {
    for (let dot = path.indexOf("."); dot >= 0; dot = path.indexOf(".", dot + 1)) found.add(path.slice(0, dot + 1));
  }
  return found;
}
function written(parameter: Parameter): Json {
  const { kind, text } = parameter;
  if (parameter.secret) return "";
  if (kind === "string") return text;
  if (kind === "boolean") return text === "true" || text === "1";
  // A reader that does not know the type would take a bare positive integer for unsigned.
  if (kind === "unsignedInt" || (kind === "int" && text.startsWith("-"))) return Number(text);
  return [text, kind];
}
function grouped(entries: Iterable<readonly [string, Json]>): Json {
  const groups = new Map<string, [string, Json][]>();
  for (const [path, value] of entries) {
    const cut = path.lastIndexOf(".") + 1;
    const leaves = groups.get(path.slice(0, cut)) ?? [];
    leaves.push([path.slice(cut), value]);
    groups.set(path.slice(0, cut), leaves);
  }
  return Object.fromEntries([...groups].map(([object, leaves]) => [object, Object.fromEntries(leaves)]));
}

// ---- The RPCs

function getParameterValues(params: Dict): Json {
  const names = own(params, "ParameterNames");
  if (!Array.isArray(names)) throw new Fault(-32602, "ParameterNames is no list");
  const bare = own(params, "Shape") === "values";
  put("Device.DeviceInfo.UpTime", "unsignedInt", String(Math.floor((Date.now() - bootedAt) / 1000)));
  const found: [string, Json][] = [];
  for (const name of names) {
    if (typeof name !== "string") throw new Fault(-32602, "a name is no text");
    const partial = name === "" || name.endsWith(".");
    if (partial && bare) throw new Fault(9003, `${name} is a partial path, which has no place in a list of values`);
    const hits = [...parameters].filter(([path]) => (partial ? path.startsWith(name) : path === name));
    if (hits.length === 0 && !objects().has(name)) throw new Fault(9005, `there is no ${name}`);
    for (const [path, parameter] of hits) found.push([path, written(parameter)]);
  }
  return bare ? { Values: found.map(([, value]) => value) } : { ParameterList: grouped(new Map(found)) };
}
function getParameterNames(params: Dict): Json {
  const path = own(params, "ParameterPath") ?? "";
  if (typeof path !== "string") throw new Fault(-32602, "ParameterPath is no text");
  const nextLevel = own(params, "NextLevel") === true;
  const all: [string, boolean][] = [...objects()].map((object) => [object, object === TABLE]);
  for (const [name, { writable }] of parameters) all.push([name, writable]);
  if (path !== "" && !all.some(([name]) => name === path)) throw new Fault(9005, `there is no ${path}`);
  const full = path !== "" && !path.endsWith(".");
  if (full && nextLevel) throw new Fault(9003, "the next level of a parameter was asked for");
  const isNext = (name: string): boolean => name !== path && !name.slice(path.length, -1).includes(".");
  const hits = all.filter(([name]) => (full ? name === path : name.startsWith(path) && (!nextLevel || isNext(name))));
  return { ParameterList: grouped(hits) };
}
// The text that a value has for a parameter of the kind, or the CWMP fault code that refuses it.
function readValue(value: unknown, kind: Kind): string | number {
  if (value === null) return 9007;
  if (Array.isArray(value)) {
    const [text, type]: unknown[] = value;
    return typeof text === "string" && type === kind ? checked(text, kind) : 9006;
  }
  if (typeof value === "string") return kind === "string" ? value : 9006;
  if (typeof value === "boolean") return kind === "boolean" ? String(value) : 9006;
  const integral = kind === "int" || kind === "unsignedInt";
  return typeof value === "number" && integral ? checked(String(value), kind) : 9006;
}
function checked(text: string, kind: Kind): string | number {
  if (kind === "boolean") return /^(?:true|false|0|1)$/.test(text) ? text : 9007;
  if (kind === "dateTime") return Number.isNaN(Date.parse(text)) ? 9007 : text;
  if (kind === "string") return text;
  const [low, high] = kind === "int" ? [-2147483648, 2147483647] : [0, 4294967295];
  return /^[+-]?\d+$/.test(text) && Number(text) >= low && Number(text) <= high ? String(Number(text)) : 9007;
}
function setParameterValues(params: Dict): Json {
  const list = own(params, "ParameterList");
  if (!isDict(list)) throw new Fault(-32602, "ParameterList is no object");
  const changes: [Parameter, string][] = [];
  const faults: Json[] = [];
  for (const [object, leaves] of Object.entries(list)) {
    if (!isDict(leaves)) throw new Fault(-32602, `${object} has no leaves`);
    for (const [leaf, value] of Object.entries(leaves)) {
      const parameter = parameters.get(object + leaf);
      const read = parameter === undefined ? 9005 : parameter.writable ? readValue(value, parameter.kind) : 9008;
      if (typeof read === "string" && parameter !== undefined) changes.push([parameter, read]);
      else faults.push({ ParameterName: object + leaf, FaultCode: Number(read), FaultString: "refused" });
    }
  }
  // All or nothing, as in CWMP.
  if (faults.length > 0) throw new Fault(9003, "Invalid arguments", { SetParameterValuesFault: faults });
  for (const [parameter, text] of changes) parameter.text = text;
  keepParameterKey(params);
  return { Status: 0 };
}
function keepParameterKey(params: Dict): void {
  const key = own(params, "ParameterKey") ?? ""; // a default is left out, so its absence is the empty key
  put(`${MGMT}ParameterKey`, "string", typeof key === "string" ? key : "");
}
function addObject(params: Dict): Json {
  const name = own(params, "ObjectName");
  if (typeof name !== "string") throw new Fault(-32602, "ObjectName is no text");
  if (name !== TABLE) throw new Fault(9005, `${name} is no table`);
  const instance = Number(get("Device.X_5A5A5A_LampNumberOfEntries")) + 1;
  put("Device.X_5A5A5A_LampNumberOfEntries", "unsignedInt", String(instance));
  put(`${TABLE}${instance}.Name`, "string", "", "rw");
  put(`${TABLE}${instance}.Enable`, "boolean", "false", "rw");
  put(`${TABLE}${instance}.Offset`, "int", "0", "rw");
  keepParameterKey(params);
  return { InstanceNumber: instance, Status: 0 };
}
function reboot(params: Dict): Json {
  const key = own(params, "CommandKey") ?? "";
  setImmediate(() => void restart(typeof key === "string" ? key : "")); // after the answer has been given
  return {};
}
const methods = new Map<string, (params: Dict) => Json>([
  ["GetRPCMethods", () => ({ MethodList: [...methods.keys()] })],
  ["GetParameterValues", getParameterValues],
  ["GetParameterNames", getParameterNames],
  ["SetParameterValues", setParameterValues],
  ["AddObject", addObject],
  ["Reboot", reboot],
]);
async function restart(key: string): Promise<void> {
  await leave();
  replay.clear();
  owed = []; // a reboot ends what the device owes
  bootedAt = Date.now();
  prefix = randomBytes(6).toString("hex");
  attempts = 0;
  addEvent(event("1 BOOT"));
  addEvent(event("M Reboot", key));
  void inform();
}
async function leave(): Promise<void> {
  const link = current;
  current = undefined; // so that its end is not taken for a loss
  clearTimeout(next);
  if (link === undefined) return;
  const closed = new Promise<void>((resolve) => {
    link.socket.addEventListener("close", () => resolve());
    setTimeout(resolve, 2000);
  });
  link.socket.close(1000);
  await closed;
  ended(link, 1000, "");
}

// ---- CWMP over HTTP

const md5 = (text: string): string => createHash("md5").update(text).digest("hex");
function fieldsOf(header: string): Map<string, string> {
  const found = header.matchAll(/([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/g);
  return new Map([...found].map((m) => [(m[1] ?? "").toLowerCase(), m[2] ?? m[3] ?? ""]));
}
function digest(f: Map<string, string>, name: string, secret: string, method: string): string {
  const of = (field: string): string => f.get(field) ?? "";
  const middle = of("qop") === "" ? "" : `${of("nc")}:${of("cnonce")}:auth:`;
  return md5(`${md5(`${name}:${of("realm")}:${secret}`)}:${of("nonce")}:${middle}${md5(`${method}:${of("uri")}`)}`);
}
function authorization(challenge: Map<string, string>, count: number): string {
  const f = new Map(challenge).set("username", get(`${MGMT}Username`)); // what the ACS has set counts at once
  f.set("uri", new URL(acsUrl).pathname + new URL(acsUrl).search).delete("algorithm");
  if (f.has("qop")) f.set("nc", count.toString(16).padStart(8, "0")).set("cnonce", randomBytes(8).toString("hex"));
  f.set("response", digest(f, get(`${MGMT}Username`), get(`${MGMT}Password`), "POST"));
  const names = ["username", "realm", "nonce", "uri", "response", "opaque", "cnonce"].filter((name) => f.has(name));
  const parts = names.map((name) => `${name}="${f.get(name)}"`);
  if (f.has("qop")) parts.push("qop=auth", `nc=${f.get("nc")}`);
  return `Digest ${[...parts, "algorithm=MD5"].join(", ")}`;
}
async function post(session: Session, body: string, again = true): Promise<string> {
  const headers = new Headers({ Cookie: [...session.cookies].map(([name, value]) => `${name}=${value}`).join("; ") });
  if (session.cookies.size === 0) headers.delete("Cookie");
  if (session.challenge) headers.set("Authorization", authorization(session.challenge, ++session.count));
  if (body !== "") headers.set("Content-Type", 'text/xml; charset="utf-8"');
  if (body !== "") headers.set("SOAPAction", "");
  const signal = AbortSignal.timeout(30000);
  const reply = await fetch(acsUrl, { method: "POST", headers, body: body === "" ? null : body, signal });
  for (const line of reply.headers.getSetCookie()) {
    const [, name, value] = /^\s*([^=;]+)=([^;]*)/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) session.cookies.set(name, value);
  }
  const text = await reply.text();
  if (reply.status === 401 && again) {
    const offers = (reply.headers.get("www-authenticate") ?? "").split(/(?=\bDigest\s)/i).map(fieldsOf);
    session.challenge = offers.find((f) => f.has("nonce") && /^md5$/i.test(f.get("algorithm") ?? "MD5"));
    session.count = 0;
    return post(session, body, false);
  }
  if (!reply.ok) throw new Error(`HTTP ${reply.status}`);
  return text;
}
const ENTITIES = new Map([["lt", "<"], ["gt", ">"], ["quot", '"'], ["apos", "'"], ["amp", "&"]]);
function xml(text: string): string {
  return text.replace(/[<>&"]/g, (c) => `&#${c.charCodeAt(0)};`);
}
// The text of the first element of that local name: enough for answers as small as these.
function inside(from: string, name: string): string | undefined {
  const tag = new RegExp(`<(?:[\\w.-]+:)?${name}(?:\\s[^>]*)?>([\\s\\S]*?)</(?:[\\w.-]+:)?${name}\\s*>`);
  return tag.exec(from)?.[1]?.trim();
}
function textOf(from: string, name: string): string {
  return (inside(from, name) ?? "").replace(/&(?:#(x?)([0-9a-f]+)|(\w+));/gi, (_, hex: string, code: string, entity: string) =>
    entity ? (ENTITIES.get(entity) ?? "") : String.fromCodePoint(parseInt(code, hex ? 16 : 10)),
  );
}
function envelope(body: string, header = "", id = String(++counter)): string {
  const spaces = Object.entries({ "soap-env": "http://schemas.xmlsoap.org/soap/envelope/", "soap-enc": "http://schemas.xmlsoap.org/soap/encoding/", xsd: "http://www.w3.org/2001/XMLSchema", xsi: "http://www.w3.org/2001/XMLSchema-instance", cwmp: "urn:dslforum-org:cwmp-1-0" });
  return `<soap-env:Envelope ${spaces.map(([name, uri]) => `xmlns:${name}="${uri}"`).join(" ")}><soap-env:Header><cwmp:ID soap-env:mustUnderstand="1">${xml(id)}</cwmp:ID>${header}</soap-env:Header><soap-env:Body>${body}</soap-env:Body></soap-env:Envelope>`;
}
function element(name: string, value: string): string {
  return `<${name}>${xml(value)}</${name}>`;
}
function informed(): [string, Parameter][] {
  const names = ["Device.RootDataModelVersion", "Device.DeviceInfo.HardwareVersion", "Device.DeviceInfo.SoftwareVersion", "Device.DeviceInfo.ProvisioningCode", `${MGMT}ConnectionRequestURL`, `${MGMT}ParameterKey`];
  return [...parameters].filter(([name]) => names.includes(name));
}
function soapInform(told: readonly CwmpEvent[]): string {
  const id = Object.entries(DEVICE_ID).map(([name, value]) => element(name, value)).join("");
  const list = told.map((e) => `<EventStruct>${element("EventCode", e.EventCode)}${element("CommandKey", e.CommandKey)}</EventStruct>`);
  const values = informed().map(([name, { kind, text }]) => `<ParameterValueStruct>${element("Name", name)}<Value xsi:type="xsd:${kind}">${xml(text)}</Value></ParameterValueStruct>`);
  const body = `<cwmp:Inform><DeviceId>${id}</DeviceId><Event soap-enc:arrayType="cwmp:EventStruct[${list.length}]">${list.join("")}</Event><MaxEnvelopes>1</MaxEnvelopes>${element("CurrentTime", new Date().toISOString())}<RetryCount>${failures}</RetryCount><ParameterList soap-enc:arrayType="cwmp:ParameterValueStruct[${values.length}]">${values.join("")}</ParameterList></cwmp:Inform>`;
  return envelope(body, '<lt:WebSocketSupport xmlns:lt="urn:heliograph:light-1" soap-env:mustUnderstand="0"><Subprotocols>cwmp.json</Subprotocols></lt:WebSocketSupport>');
}
// One session. On HTTP this device has no RPC at all: each call gets fault 9000, and work waits for the socket.
async function session(): Promise<boolean> {
  const http: Session = { cookies: new Map(), challenge: undefined, count: 0 };
  const told = [...events];
  let answer = await post(http, soapInform(told));
  if (inside(answer, "InformResponse") === undefined) throw new Error("the Inform was refused");
  events = events.filter((e) => !told.includes(e));
  say({ event: "informed" });
  const given = inside(inside(answer, "Header") ?? "", "WebSocketReference") ?? "";
  const referred = textOf(given, "Subprotocol") === "cwmp.json";
  if (referred) {
    const expires = Date.now() + Number(textOf(given, "ExpiresIn")) * 1000;
    reference = { url: textOf(given, "URL"), token: textOf(given, "Token"), expires };
    say({ event: "referred" });
  }
  for (answer = await post(http, ""); answer.trim() !== ""; ) {
    const fault = "<soap-env:Fault><faultcode>Client</faultcode><faultstring>CWMP fault</faultstring><detail><cwmp:Fault><FaultCode>9000</FaultCode><FaultString>Method not supported</FaultString></cwmp:Fault></detail></soap-env:Fault>";
    answer = await post(http, envelope(fault, "", textOf(answer, "ID")));
  }
  return referred;
}
async function inform(code?: string): Promise<void> {
  if (code !== undefined) addEvent(event(code));
  if (busy) return;
  busy = true;
  clearTimeout(next);
  informedAt = Date.now();
  try {
    const referred = await session();
    failures = 0;
    const link = current;
    // The new token is a short one, so a socket that is open asks for a long one at once.
    if (link !== undefined) run(link, () => attach(link));
    else if (referred) later(refusals > 1 ? pause(refusals - 1) : 0, open);
  } catch {
    later(pause(++failures), () => void inform());
  }
  busy = false;
}

// ---- The socket

function later(seconds: number, what: () => void): void {
  clearTimeout(next);
  next = setTimeout(what, seconds * 1000);
}
// The session retry table, computed as CWMP does from the two parameters, which default to the table.
function pause(attempt: number): number {
  const factor = Number(get(`${MGMT}CWMPRetryIntervalMultiplier`)) / 1000;
  const least = Number(get(`${MGMT}CWMPRetryMinimumWaitInterval`)) * factor ** (Math.min(attempt, 10) - 1);
  return least * (1 + Math.random() * (factor - 1));
}
function refer(): void {
  void inform(woken ? "6 CONNECTION REQUEST" : "2 PERIODIC");
}
function open(): void {
  clearTimeout(next);
  if (reference === undefined || Date.now() >= reference.expires) return refer();
  const socket = new WebSocket(reference.url, ["cwmp.json", `bearer.${reference.token}`]);
  const link: Link = { socket, over: false, attachedAt: 0, heardAt: Date.now(), pingSeconds: 30, limit: LONGEST, renewAt: Infinity, renewByHttp: false, waiting: new Map(), unsent: [], last: undefined, jobs: Promise.resolve() };
  current = link;
  socket.addEventListener("open", () => {
    if (socket.protocol !== "cwmp.json") hangUp(link);
    else run(link, () => greet(link));
  });
  socket.addEventListener("message", (message) => receive(link, message.data));
  socket.addEventListener("close", (end) => ended(link, end.code, end.reason));
  socket.addEventListener("error", () => setTimeout(() => ended(link, 1006, ""), 1000)); // should no close follow
}
// What this device has to say comes one after the other; what goes wrong with it is worth a new connection.
function run(link: Link, job: () => Promise<void>): void {
  link.jobs = link.jobs.then(job).catch(() => hangUp(link));
}
// The API of the socket lets nobody close with 1003 or 1009, so that an end that is no `done` has no code.
function hangUp(link: Link): void {
  link.socket.close();
  ended(link, 1006, "");
}
function ended(link: Link, code: number, reason: string): void {
  if (link.over) return;
  link.over = true;
  say({ event: "closed", code });
  if (link.socket.bufferedAmount > 0) owed.push(...link.unsent);
  for (const { reject } of link.waiting.values()) reject(new Error("the connection is lost"));
  if (link.last !== undefined && (code === 1003 || code === 1009)) owe(link.last.id);
  if (link !== current) return; // left by ourselves, for a newer one or for good
  current = undefined;
  if (code === 4001) return void (refusals++, refer());
  if (code >= 4500 && code <= 4999) reference = undefined; // until it is referred anew
  else if (code === 4000) later(pause(4), open);
  else if (code === 1001) later(Math.random() * (/^\d+$/.test(reason) ? Number(reason) : 60), open);
  else later(pause(++attempts), open);
}
// In place of an answer that the ACS could not read.
function owe(id: Id): void {
  const text = JSON.stringify({ jsonrpc: "2.0", id, error: { code: 9004, message: "the answer cannot be sent" } });
  owed = owed.filter((kept) => kept.id !== id).concat({ id, text });
  if (replay.has(JSON.stringify(id))) replay.set(JSON.stringify(id), { id, text });
}
async function greet(link: Link): Promise<void> {
  await deliver(link);
  await attach(link);
  for (const kept of owed.splice(0)) give(link, kept);
  await report(link);
}
async function attach(link: Link): Promise<void> {
  const result = await ask(link, "Attach", { MaxInFlight: 4, KeepAlive: true, ReplayWindow: REPLAY_WINDOW });
  const number = (name: string, otherwise: number): number => Number(own(result, name) ?? otherwise);
  const seconds = number("ExpiresIn", 0);
  const token = own(result, "Token");
  if (reference !== undefined && typeof token === "string") {
    reference = { url: reference.url, token, expires: Date.now() + seconds * 1000 };
  }
  link.pingSeconds = number("PingInterval", 30);
  link.limit = number("MaxMessageBytes", LONGEST);
  link.renewAt = Date.now() + (seconds / 2) * 1000;
  link.renewByHttp = seconds < 86400; // the seven days bound it: only HTTP makes it longer
  if (link.attachedAt !== 0) return;
  link.attachedAt = Date.now();
  [refusals, woken] = [0, false];
  say({ event: "attached" });
}
async function deliver(link: Link): Promise<void> {
  const told = [...events];
  if (told.length === 0) return;
  const list = grouped(informed().map(([name, parameter]) => [name, written(parameter)] as const));
  const rest = { MaxEnvelopes: 1, CurrentTime: new Date().toISOString(), RetryCount: 0, ParameterList: list };
  await ask(link, "Inform", { DeviceId: DEVICE_ID, Event: told, ...rest });
  events = events.filter((e) => !told.includes(e));
  say({ event: "informed" });
}
async function report(link: Link): Promise<void> {
  for (let transfer = transfers[0]; transfer !== undefined; transfer = transfers[0]) {
    await ask(link, "TransferComplete", { ...transfer, FaultStruct: { FaultCode: 0 } });
    transfers.shift(); // not before it is answered: until then it is repeated
    say({ event: "reported" });
  }
}
async function ask(link: Link, method: string, params: Json): Promise<Dict> {
  for (;;) {
    const id = `${prefix}-${++counter}`;
    try {
      return await new Promise<Dict>((resolve, reject) => {
        link.waiting.set(id, { resolve, reject });
        link.socket.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
      });
    } catch (why) {
      if (!(why instanceof Fault) || why.code !== 8005) throw why; // 8005: not stored now, send it again
      await new Promise((resolve) => setTimeout(resolve, pause(1) * 1000));
    }
  }
}
function receive(link: Link, data: unknown): void {
  link.heardAt = Date.now();
  if (typeof data !== "string" || Buffer.byteLength(data) > LONGEST) return hangUp(link);
  if (data === "") return link.socket.send(""); // a sign of life for a sign of life
  let token: unknown;
  try {
    token = JSON.parse(data);
  } catch {
    return hangUp(link);
  }
  const id = isDict(token) ? own(token, "id") : undefined;
  const named = (typeof id === "string" && id.length <= 128) || Number.isSafeInteger(id);
  const dict = isDict(token) && own(token, "jsonrpc") === "2.0" ? token : {};
  const method = own(dict, "method");
  if (typeof method === "string" && (named || id === undefined)) serve(link, id, method, own(dict, "params") ?? {});
  else if (method === undefined && ("result" in dict || "error" in dict)) settle(link, id, dict);
  else link.socket.send('{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"this is no token"}}');
}
function settle(link: Link, id: unknown, token: Dict): void {
  const waiting = typeof id === "string" ? link.waiting.get(id) : undefined;
  if (waiting === undefined) return; // an answer to nothing that is known is passed over
  link.waiting.delete(String(id));
  const error = own(token, "error");
  const result = own(token, "result");
  if (isDict(error)) waiting.reject(new Fault(Number(own(error, "code")), String(own(error, "message"))));
  else waiting.resolve(isDict(result) ? result : {});
}
function serve(link: Link, id: unknown, method: string, params: unknown): void {
  const known = id === undefined ? undefined : replay.get(JSON.stringify(id));
  if (known !== undefined) return give(link, known); // asked again: it does not run twice
  say({ event: "call", method });
  const outcome = outcomeOf(method, params);
  if (typeof id !== "string" && typeof id !== "number") return; // unconfirmed
  let text = JSON.stringify({ jsonrpc: "2.0", id, ...outcome });
  if (Buffer.byteLength(text) > link.limit) {
    text = JSON.stringify({ jsonrpc: "2.0", id, error: { code: 9004, message: "the answer is too large" } });
  }
  replay.set(JSON.stringify(id), { id, text });
  for (const oldest of replay.keys()) if (replay.size > REPLAY_WINDOW) replay.delete(oldest);
  give(link, { id, text });
}
function give(link: Link, kept: Kept): void {
  if (link.socket.readyState !== WebSocket.OPEN) return void owed.push(kept);
  if (link.socket.bufferedAmount === 0) link.unsent = [];
  link.unsent.push(kept);
  link.last = kept;
  link.socket.send(kept.text);
}
function outcomeOf(method: string, params: unknown): { result: Json } | { error: Json } {
  try {
    const rpc = methods.get(method);
    if (rpc === undefined) throw new Fault(-32601, `there is no RPC ${method}`);
    if (!isDict(params)) throw new Fault(-32602, "params is no object");
    if (deeper(params, 64)) throw new Fault(9004, "params is nested too deep");
    return { result: rpc(params) };
  } catch (why) {
    const fault = why instanceof Fault ? why : new Fault(9002, "Internal error");
    const { code, message, data } = fault;
    return { error: data === undefined ? { code, message } : { code, message, data } };
  }
}
function deeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((member) => deeper(member, levels - 1));
}

// ---- What drives it

function everySecond(): void {
  const link = current;
  const now = Date.now();
  const period = Number(get(`${MGMT}PeriodicInformInterval`)) * 1000;
  if (get(`${MGMT}PeriodicInformEnable`) === "true" && now - informedAt >= period) {
    informedAt = now;
    addEvent(event("2 PERIODIC"));
    if (link === undefined) void inform();
    else if (link.attachedAt !== 0) run(link, () => deliver(link));
  }
  if (link === undefined) return;
  if (now - link.heardAt > link.pingSeconds * 2000) return hangUp(link); // silent for two periods
  if (link.attachedAt !== 0 && now - link.attachedAt > 60000) attempts = 0;
  if (now < link.renewAt) return;
  link.renewAt = Infinity;
  if (link.renewByHttp) refer();
  else run(link, () => attach(link));
}
function transferred(): void {
  const now = new Date().toISOString();
  const key = `t-${prefix}-${++counter}`;
  transfers.push({ CommandKey: key, StartTime: now, CompleteTime: now });
  addEvent(event("7 TRANSFER COMPLETE"));
  addEvent(event("M Download", key));
  const link = current;
  if (link === undefined || link.attachedAt === 0) return; // the next connection begins with both
  run(link, () => deliver(link));
  run(link, () => report(link));
}
// A connection request: TR-069 has it authenticate by Digest, once the ACS has set a name for it.
function wake(request: IncomingMessage, response: ServerResponse): void {
  const f = fieldsOf(request.headers.authorization ?? "").set("uri", request.url ?? "");
  const [name, secret] = [get(`${MGMT}ConnectionRequestUsername`), get(`${MGMT}ConnectionRequestPassword`)];
  const right = f.get("nonce") === prefix && f.get("username") === name && f.get("realm") === "stranger";
  if (!right || f.get("response") !== digest(f, name, secret, request.method ?? "GET")) {
    response.setHeader("WWW-Authenticate", `Digest realm="stranger", qop="auth", nonce="${prefix}"`);
    return void response.writeHead(401).end();
  }
  response.writeHead(busy ? 503 : 200).end();
  if (busy) return;
  woken = true;
  open(); // even beside a socket: had the ACS seen that one, it would not have asked
}
const door = createServer(wake).listen(0, "127.0.0.1", () => {
  const address = door.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  fillModel(`http://127.0.0.1:${port}/${randomBytes(8).toString("hex")}`);
  setInterval(everySecond, 1000);
  void inform();
});
const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => (line.trim() === "transfer" ? transferred() : undefined));
lines.on("close", () => void leave().then(() => process.exit(0)));
