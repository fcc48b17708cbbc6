// A device of the light transport, written from docs/light-transport.md and spec/schemas/light alone: nothing of the
// ACS's code was read for it. It tests that page: a stranger who knows TR-069 and has the page must get this far.
// Usage: node stranger-device.ts <acs-url> <user> <password> [serial]. Stdin: `transfer` reports one; the end ends it.
import { createHash, randomBytes } from "node:crypto";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
type Fields = { readonly [name: string]: Json };
type Json = null | boolean | number | string | readonly Json[] | Fields;
type Dict = Record<string, unknown>;
type Outcome = { result: Json } | { error: Json };
type Kind = "string" | "boolean" | "unsignedInt" | "int" | "dateTime";
type Parameter = { kind: Kind; text: string; access: "read" | "write" | "secret" };
type Session = { cookies: Map<string, string>; challenge: Map<string, string> | undefined; count: number };
type Link = ReturnType<typeof newLink>;
const [acsUrl = "http://127.0.0.1:7547/", user = "", password = "", serial = "1"] = process.argv.slice(2);
const [LAMPS, MGMT, IN_FLIGHT, REPLAY_WINDOW] = ["Device.X_5A5A5A_Lamp.", "Device.ManagementServer.", 4, 8];
const DEVICE_ID = { Manufacturer: "Stranger", OUI: "5A5A5A", ProductClass: "Stranger", SerialNumber: serial };
const event = (EventCode: string, CommandKey = "") => ({ EventCode, CommandKey });
const say = (line: Dict): boolean => process.stdout.write(`${JSON.stringify(line)}\n`);
const textIn = (of: Dict, name: string): string => (typeof of[name] === "string" ? of[name] : "");
const refuse = (code: number, message: string, more: Fields = {}): Outcome => ({
  error: { code, message, ...more },
});
function isDict(value: unknown): value is Dict {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
const parameters = new Map<string, Parameter>();
const replay = new Map<string, string>(); // the answers to the last ids, across connections
const transfers: Json[] = []; // reports that are not answered yet
let owed: string[] = []; // answers that found no socket to leave by
let events = [event("0 BOOTSTRAP"), event("1 BOOT")]; // those not delivered
let reference: { url: string; token: string; expires: number } | undefined;
let current: Link | undefined;
let next: NodeJS.Timeout | undefined; // the one thing that is to come while there is no socket
let [attempts, refusals, failures] = [0, 0, 0]; // connections lost, tokens refused, sessions failed: each in a row
let [bootedAt, counter] = [Date.now(), 0];
const prefix = randomBytes(6).toString("hex"); // so that no id is one of an earlier run
function put(path: string, ...value: [kind: Kind, text: string, access?: Parameter["access"]]): void {
  const [kind, text, access = "read"] = value;
  parameters.set(path, { kind, text, access });
}
const get = (path: string): string => parameters.get(path)?.text ?? "";
function fillModel(): void {
  put("Device.RootDataModelVersion", "string", "2.11");
  put("Device.DeviceInfo.HardwareVersion", "string", "1");
  put("Device.DeviceInfo.SoftwareVersion", "string", "1.0");
  put("Device.DeviceInfo.ProvisioningCode", "string", "", "write");
  put(`${MGMT}ParameterKey`, "string", "");
  put(`${MGMT}ConnectionRequestURL`, "string", "http://192.0.2.7:7547/stranger"); // nobody listens there
  put("Device.DeviceInfo.UpTime", "unsignedInt", "0");
  put("Device.DeviceInfo.FirstUseDate", "dateTime", "2025-12-24T18:00:00Z");
  put(`${MGMT}Username`, "string", user, "write");
  put(`${MGMT}Password`, "string", password, "secret");
  put(`${MGMT}ConnectionRequestUsername`, "string", "", "write");
  put(`${MGMT}ConnectionRequestPassword`, "string", "", "secret");
  put(`${MGMT}PeriodicInformInterval`, "unsignedInt", "3600", "write");
  put("Device.X_5A5A5A_LampNumberOfEntries", "unsignedInt", "0");
}
const informed = (): [string, Parameter][] => [...parameters].slice(0, 6); // what each Inform tells
const objects = (): Set<string> =>
  new Set(
    [...parameters.keys(), LAMPS].flatMap((p) =>
      [...p.matchAll(/\./g)].map((dot) => p.slice(0, dot.index + 1)),
    ),
  );
function written({ kind, text, access }: Parameter): Json {
  if (kind === "string") return access === "secret" ? "" : text;
  if (kind === "boolean") return text === "true" || text === "1";
  // A reader that does not know the type takes a bare integer that is not negative for an unsigned one.
  return kind === "unsignedInt" || (kind === "int" && text.startsWith("-")) ? Number(text) : [text, kind];
}
function grouped(entries: Iterable<readonly [string, Json]>): Json {
  const groups = Map.groupBy(entries, ([path]) => path.slice(0, path.lastIndexOf(".") + 1));
  const leaves = (object: string, all: (readonly [string, Json])[]): Fields =>
    Object.fromEntries(all.map(([path, value]) => [path.slice(object.length), value]));
  return Object.fromEntries([...groups].map(([object, all]) => [object, leaves(object, all)]));
}
function GetParameterValues(params: Dict): Outcome {
  const names = params["ParameterNames"];
  if (!Array.isArray(names)) return refuse(-32602, "ParameterNames is no list");
  const bare = params["Shape"] === "values";
  put("Device.DeviceInfo.UpTime", "unsignedInt", String(Math.floor((Date.now() - bootedAt) / 1000)));
  const found: [string, Json][] = [];
  for (const name of names) {
    if (typeof name !== "string") return refuse(-32602, "a name is no text");
    const partial = name === "" || name.endsWith(".");
    if (partial && bare) return refuse(9003, "a partial path has no place in a list of values");
    const hits = [...parameters].filter(([path]) => (partial ? path.startsWith(name) : path === name));
    if (hits.length === 0 && !objects().has(name)) return refuse(9005, `there is no ${name}`);
    for (const [path, parameter] of hits) found.push([path, written(parameter)]);
  }
  if (bare) return { result: { Values: found.map(([, value]) => value) } };
  return { result: { ParameterList: grouped(new Map(found)) } };
}
function GetParameterNames(params: Dict): Outcome {
  const path = textIn(params, "ParameterPath");
  const nextLevel = params["NextLevel"] === true;
  const all: [string, boolean][] = [...objects()].map((object) => [object, object === LAMPS]);
  for (const [name, { access }] of parameters) all.push([name, access !== "read"]);
  if (path !== "" && !all.some(([name]) => name === path)) return refuse(9005, `there is no ${path}`);
  const full = path !== "" && !path.endsWith(".");
  if (full && nextLevel) return refuse(9003, "a parameter has no next level");
  const isNext = (name: string): boolean => name !== path && !name.slice(path.length, -1).includes(".");
  const hits = all.filter(([name]) =>
    full ? name === path : name.startsWith(path) && (!nextLevel || isNext(name)),
  );
  return { result: { ParameterList: grouped(hits) } };
}
// The text that the value has for a parameter, or the CWMP fault that refuses it.
function readValue(value: unknown, parameter: Parameter | undefined): string | number {
  if (parameter === undefined) return 9005;
  const { kind, access } = parameter;
  if (access === "read") return 9008;
  if (value === null) return 9007;
  // A bare integer is of the type that the parameter has.
  const bare = typeof value !== "number" ? typeof value : kind === "int" ? kind : "unsignedInt";
  const pair: readonly unknown[] = Array.isArray(value) ? value : [JSON.stringify(value), bare];
  const [text, type] = typeof value === "string" ? [value, bare] : pair;
  if (typeof text !== "string" || type !== kind) return 9006;
  if (kind === "boolean") return /^(?:true|false|0|1)$/.test(text) ? text : 9007;
  if (kind === "string") return text;
  return String(kind === "int" ? Number(text) | 0 : Number(text) >>> 0) === text ? text : 9007; // what 32 bits hold
}
function SetParameterValues(params: Dict): Outcome {
  const list = params["ParameterList"];
  if (!isDict(list)) return refuse(-32602, "ParameterList is no object");
  const read = new Map<string, string>();
  const faults: Json[] = []; // with one of them nothing is set
  for (const [object, leaves] of Object.entries(list)) {
    if (!isDict(leaves)) return refuse(-32602, "an object has no leaves");
    for (const [leaf, value] of Object.entries(leaves)) {
      const text = readValue(value, parameters.get(object + leaf));
      if (typeof text === "string") read.set(object + leaf, text);
      else faults.push({ ParameterName: object + leaf, FaultCode: text, FaultString: "refused" });
    }
  }
  if (faults.length > 0)
    return refuse(9003, "Invalid arguments", { data: { SetParameterValuesFault: faults } });
  for (const [path, text] of read) Object.assign(parameters.get(path) ?? {}, { text });
  put(`${MGMT}ParameterKey`, "string", textIn(params, "ParameterKey"));
  return { result: { Status: 0 } };
}
function AddObject(params: Dict): Outcome {
  if (params["ObjectName"] !== LAMPS) return refuse(9005, "this is no table");
  const instance = Number(get("Device.X_5A5A5A_LampNumberOfEntries")) + 1;
  put("Device.X_5A5A5A_LampNumberOfEntries", "unsignedInt", String(instance));
  put(`${LAMPS}${instance}.Enable`, "boolean", "false", "write");
  put(`${LAMPS}${instance}.Offset`, "int", "0", "write");
  put(`${MGMT}ParameterKey`, "string", textIn(params, "ParameterKey"));
  return { result: { InstanceNumber: instance, Status: 0 } };
}
function Reboot(params: Dict): Outcome {
  setImmediate(() => void restart(textIn(params, "CommandKey"))); // once the answer has been given
  return { result: {} };
}
const GetRPCMethods = (): Outcome => ({ result: { MethodList: [...methods.keys()] } });
const methods: ReadonlyMap<string, (params: Dict) => Outcome> = new Map(
  Object.entries({
    GetRPCMethods,
    GetParameterValues,
    GetParameterNames,
    SetParameterValues,
    AddObject,
    Reboot,
  }),
);
async function restart(key: string): Promise<void> {
  await leave();
  replay.clear();
  [owed, attempts, bootedAt] = [[], 0, Date.now()]; // nothing is owed any more
  void inform(event("1 BOOT"), event("M Reboot", key));
}
async function leave(): Promise<void> {
  const link = current;
  current = undefined; // so that its end is not taken for a loss
  clearTimeout(next);
  if (link === undefined) return;
  link.socket.close(1000);
  await sleep(500); // for the answer to come
  ended(link, 1000, "");
}
const md5 = (text: string): string => createHash("md5").update(text).digest("hex");
function authorization(challenge: ReadonlyMap<string, string>, count: number): string {
  const { pathname, search } = new URL(acsUrl);
  const [name, secret] = [get(`${MGMT}Username`), get(`${MGMT}Password`)]; // what the ACS has set counts at once
  const [nc, cnonce] = [count.toString(16).padStart(8, "0"), randomBytes(8).toString("hex")];
  const [realm = "", nonce = "", opaque = ""] = ["realm", "nonce", "opaque"].map((field) =>
    challenge.get(field),
  );
  const [a1, a2] = [md5(`${name}:${realm}:${secret}`), md5(`POST:${pathname}${search}`)];
  const response = md5(`${a1}:${nonce}:${nc}:${cnonce}:auth:${a2}`);
  const fields = {
    username: name,
    realm,
    nonce,
    uri: pathname + search,
    response,
    cnonce,
    ...(opaque && { opaque }),
  };
  const quoted = Object.entries(fields).map(([field, text]) => `${field}="${text}"`);
  return `Digest ${quoted.join(", ")}, algorithm=MD5, qop=auth, nc=${nc}`;
}
function challengeOf(header: string): Map<string, string> | undefined {
  const offers = header
    .split(/\bDigest\s+/i)
    .map((offer) => offer.matchAll(/(\w+)\s*=\s*(?:"([^"]*)"|([^\s,"]+))/g));
  const maps = offers.map(
    (o) => new Map([...o].map(([, name = "", text, bare = ""]) => [name, text ?? bare])),
  );
  return maps.find((fields) => fields.has("nonce") && /^md5$/i.test(fields.get("algorithm") ?? "MD5"));
}
async function post(session: Session, body: string, again = true): Promise<string> {
  const headers = new Headers(
    body === "" ? {} : { "Content-Type": 'text/xml; charset="utf-8"', SOAPAction: "" },
  );
  if (session.cookies.size > 0)
    headers.set("Cookie", [...session.cookies].map((pair) => pair.join("=")).join("; "));
  if (session.challenge) headers.set("Authorization", authorization(session.challenge, ++session.count));
  const reply = await fetch(acsUrl, { method: "POST", headers, body: body === "" ? null : body });
  for (const line of reply.headers.getSetCookie()) {
    const [, name, value] = /^\s*([^=;]+)=([^;]*)/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) session.cookies.set(name, value);
  }
  const text = await reply.text();
  if (reply.status === 401 && again) {
    session.challenge = challengeOf(reply.headers.get("www-authenticate") ?? "");
    session.count = 0;
    return post(session, body, false);
  }
  if (!reply.ok) throw new Error(`HTTP ${reply.status}`);
  return text;
}
const xml = (text: string): string => text.replace(/[<>&"]/g, (c) => `&#${c.charCodeAt(0)};`);
const element = ([name, text]: [string, string]): string => `<${name}>${xml(text)}</${name}>`;
// The inside of the first element of that local name: enough for answers as small as these.
const inside = (from: string, name: string): string =>
  new RegExp(`<([\\w.-]+:)?${name}(\\s[^>]*)?>([^]*?)</([\\w.-]+:)?${name}\\s*>`).exec(from)?.[3]?.trim() ??
  "";
// The texts read here are a URL, a token, a name and a number: only the first has a character to escape.
const textOf = (from: string, name: string): string => inside(from, name).replaceAll("&amp;", "&");
const SUPPORT = `<lt:WebSocketSupport xmlns:lt="urn:heliograph:light-1" soap-env:mustUnderstand="0">
<Subprotocols>cwmp.json</Subprotocols></lt:WebSocketSupport>`;
const envelope = (id: string, header: string, body: string): string => `<soap-env:Envelope
xmlns:soap-env="http://schemas.xmlsoap.org/soap/envelope/" xmlns:soap-enc="http://schemas.xmlsoap.org/soap/encoding/"
xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
xmlns:cwmp="urn:dslforum-org:cwmp-1-0"><soap-env:Header><cwmp:ID soap-env:mustUnderstand="1">${xml(id)}</cwmp:ID>
${header}</soap-env:Header><soap-env:Body>${body}</soap-env:Body></soap-env:Envelope>`;
function soapInform(told: typeof events): string {
  const fields = (of: Readonly<Record<string, string>>): string => Object.entries(of).map(element).join("");
  const list = told.map((one) => `<EventStruct>${fields(one)}</EventStruct>`);
  const value = ({ kind, text }: Parameter): string => `<Value xsi:type="xsd:${kind}">${xml(text)}</Value>`;
  const values = informed().map(
    ([Name, p]) => `<ParameterValueStruct>${fields({ Name })}${value(p)}</ParameterValueStruct>`,
  );
  const body = `<cwmp:Inform><DeviceId>${fields(DEVICE_ID)}</DeviceId>
<Event soap-enc:arrayType="cwmp:EventStruct[${list.length}]">${list.join("")}</Event><MaxEnvelopes>1</MaxEnvelopes>
<CurrentTime>${new Date().toISOString()}</CurrentTime><RetryCount>${failures}</RetryCount>
<ParameterList soap-enc:arrayType="cwmp:ParameterValueStruct[${values.length}]">${values.join("")}</ParameterList>
</cwmp:Inform>`;
  return envelope(String(++counter), SUPPORT, body);
}
const NO_RPC = `<soap-env:Fault><faultcode>Client</faultcode><faultstring>CWMP fault</faultstring><detail><cwmp:Fault>
<FaultCode>9000</FaultCode><FaultString>Method not supported</FaultString></cwmp:Fault></detail></soap-env:Fault>`;
// One session. This device has no RPC on HTTP: each call gets 9000, and work waits for the socket.
async function runSession(): Promise<void> {
  const session: Session = { cookies: new Map(), challenge: undefined, count: 0 };
  reference = undefined; // it is this session that refers
  const told = [...events];
  let answer = await post(session, soapInform(told));
  if (inside(answer, "InformResponse") === "") throw new Error("the Inform was refused");
  events = events.filter((one) => !told.includes(one));
  say({ event: "informed" });
  const given = inside(inside(answer, "Header"), "WebSocketReference");
  if (textOf(given, "Subprotocol") === "cwmp.json") {
    const expires = Date.now() + Number(textOf(given, "ExpiresIn")) * 1000;
    reference = { url: textOf(given, "URL"), token: textOf(given, "Token"), expires };
    say({ event: "referred" });
  }
  answer = await post(session, "");
  while (answer.trim() !== "") answer = await post(session, envelope(textOf(answer, "ID"), "", NO_RPC));
}
async function inform(...reasons: typeof events): Promise<void> {
  events.push(...reasons);
  if (events.length === 0) events.push(event("2 PERIODIC")); // CWMP has no event for a token that is no good
  clearTimeout(next);
  try {
    await runSession();
    failures = 0;
    if (reference === undefined) stayClassic();
    else later(refusals > 1 ? pause(refusals - 1) : 0, open);
  } catch {
    later(pause(++failures), inform);
  }
}
const stayClassic = (): void => later(Number(get(`${MGMT}PeriodicInformInterval`)), inform);
function later(seconds: number, what: () => unknown): void {
  clearTimeout(next);
  next = setTimeout(what, seconds * 1000);
}
// The session retry table, in seconds.
const pause = (attempt: number): number => 5 * 2 ** (Math.min(attempt, 10) - 1) * (1 + Math.random());
function newLink(socket: WebSocket) {
  const waiting = new Map<string, (answer: Dict) => void>();
  return {
    socket,
    waiting,
    attachedAt: 0,
    heardAt: Date.now(),
    pingSeconds: 30,
    over: false,
    jobs: Promise.resolve(),
  };
}
function open(): void {
  if (reference === undefined || Date.now() >= reference.expires) return void inform();
  const socket = new WebSocket(reference.url, ["cwmp.json", `bearer.${reference.token}`]);
  const link = newLink(socket);
  current = link;
  socket.addEventListener("open", () => run(link, () => greet(link)));
  socket.addEventListener("message", (message) => read(link, message.data));
  socket.addEventListener("close", (end) => ended(link, end.code, end.reason));
}
// What this device has to say goes one after the other; where that fails, a new connection is worth a try.
function run(link: Link, job: () => Promise<void>): void {
  link.jobs = link.jobs.then(job).catch(() => hangUp(link));
}
// This API lets nobody close with 1003 or 1009, so an end that is not `done` goes without a code.
function hangUp(link: Link): void {
  link.socket.close();
  ended(link, 1006, "");
}
function ended(link: Link, code: number, reason: string): void {
  if (link.over) return;
  link.over = true;
  say({ event: "closed", code });
  // No more than the calls in flight can be unanswered. What the ACS could not read is not sent again.
  const stuck = link.socket.bufferedAmount > 0 && code !== 1003 && code !== 1009;
  if (stuck) owed.push(...[...replay.values()].slice(-IN_FLIGHT));
  for (const settle of link.waiting.values()) settle({});
  if (link !== current) return; // we left it ourselves
  current = undefined;
  if (code === 4001) return void (++refusals, inform());
  if (code >= 4500 && code <= 4999) {
    stayClassic();
    return;
  }
  if (code === 4000) {
    later(pause(4), open);
    return;
  }
  if (code === 1001) {
    later(Math.random() * (/^\d+$/.test(reason) ? Number(reason) : 60), open);
    return;
  }
  later(pause(++attempts), open);
}
async function greet(link: Link): Promise<void> {
  if (link.socket.protocol !== "cwmp.json") throw new Error("the ACS has named no subprotocol");
  await deliver(link);
  await attach(link);
  for (const text of owed.splice(0)) give(link, text);
  await report(link);
}
async function attach(link: Link): Promise<void> {
  const result = await ask(link, "Attach", {
    MaxInFlight: IN_FLIGHT,
    KeepAlive: true,
    ReplayWindow: REPLAY_WINDOW,
  });
  const expires = Date.now() + Number(result["ExpiresIn"]) * 1000;
  if (reference !== undefined) reference = { url: reference.url, token: textIn(result, "Token"), expires };
  [refusals, link.pingSeconds, link.attachedAt] = [0, Number(result["PingInterval"]), Date.now()];
  say({ event: "attached" });
}
async function deliver(link: Link): Promise<void> {
  const told = [...events];
  if (told.length === 0) return;
  const ParameterList = grouped(informed().map(([name, parameter]) => [name, written(parameter)] as const));
  const rest = { MaxEnvelopes: 1, CurrentTime: new Date().toISOString(), RetryCount: 0, ParameterList };
  await ask(link, "Inform", { DeviceId: DEVICE_ID, Event: told, ...rest });
  events = events.filter((one) => !told.includes(one));
  say({ event: "informed" });
}
async function report(link: Link): Promise<void> {
  for (let transfer = transfers[0]; transfer !== undefined; transfer = transfers[0]) {
    await deliver(link); // its event goes before
    await ask(link, "TransferComplete", transfer);
    transfers.shift(); // not before it is answered: until then each new connection repeats it
    say({ event: "reported" });
  }
}
async function ask(link: Link, method: string, params: Json): Promise<Dict> {
  const id = `${prefix}-${++counter}`;
  const { result, error } = await new Promise<Dict>((settle) => {
    link.waiting.set(id, settle);
    link.socket.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
  });
  if (isDict(result)) return result;
  if (!isDict(error) || error["code"] !== 8005) throw new Error(`${method} was refused`);
  await sleep(pause(1) * 1000); // it cannot be stored now
  return ask(link, method, params);
}
function read(link: Link, data: unknown): void {
  try {
    receive(link, data);
  } catch {
    hangUp(link); // it is no text, or no JSON
  }
}
function receive(link: Link, data: unknown): void {
  link.heardAt = Date.now();
  if (typeof data !== "string" || Buffer.byteLength(data) > 1048576) throw new Error("no text, or too long");
  if (data === "") {
    link.socket.send("");
    return;
  } // a sign of life for a sign of life
  const message: unknown = JSON.parse(data);
  const token = isDict(message) && message["jsonrpc"] === "2.0" ? message : {};
  const [id, method] = [token["id"], token["method"]];
  const named = (typeof id === "string" && id.length <= 128) || Number.isSafeInteger(id);
  if (typeof method === "string" && (named || id === undefined)) {
    serve(link, { id, method, params: token["params"] });
    return;
  }
  const answers = method === undefined && ("result" in token || "error" in token);
  if (answers) return link.waiting.get(String(id))?.(token); // one to nothing that is known is passed over
  link.socket.send(JSON.stringify({ jsonrpc: "2.0", id: null, ...refuse(-32600, "this is no token") }));
}
function serve(link: Link, { id, method, params }: { id: unknown; method: string; params: unknown }): void {
  const known = id === undefined ? undefined : replay.get(JSON.stringify(id));
  if (known !== undefined) {
    give(link, known);
    return;
  } // asked again: it does not run twice
  say({ event: "call", method });
  const outcome = outcomeOf(method, params ?? {});
  if (typeof id !== "string" && typeof id !== "number") return; // unconfirmed
  const text = JSON.stringify({ jsonrpc: "2.0", id, ...outcome });
  replay.set(JSON.stringify(id), text);
  for (const oldest of replay.keys()) if (replay.size > REPLAY_WINDOW) replay.delete(oldest);
  give(link, text);
}
function outcomeOf(method: string, params: unknown): Outcome {
  if (!isDict(params)) return refuse(-32602, "params is no object");
  return methods.get(method)?.(params) ?? refuse(-32601, `there is no RPC ${method}`);
}
function give(link: Link, text: string): void {
  if (link.socket.readyState === WebSocket.OPEN) link.socket.send(text);
  else owed.push(text);
}
function transferred(): void {
  const [now, CommandKey, link] = [new Date().toISOString(), `t-${++counter}`, current];
  transfers.push({ CommandKey, FaultStruct: { FaultCode: 0 }, StartTime: now, CompleteTime: now });
  events = events.filter((one) => !one.EventCode.startsWith("7 ")); // it is said once for all transfers
  events.push(event("7 TRANSFER COMPLETE"), event("M Download", CommandKey));
  // Where there is no socket, the next connection begins with both.
  if (link !== undefined && link.attachedAt !== 0) run(link, () => report(link));
}
fillModel();
setInterval(() => {
  const [link, now] = [current, Date.now()];
  if (link === undefined) return;
  if (link.attachedAt !== 0 && now - link.attachedAt > 60000) attempts = 0;
  if (now - link.heardAt > link.pingSeconds * 2000) hangUp(link); // silent for two periods
}, 1000);
void inform();
const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => (line.trim() === "transfer" ? transferred() : undefined));
lines.on("close", () => void leave().then(() => process.exit(0)));
