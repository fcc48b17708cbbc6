import type { Line, Voice } from "./small-acs.ts";

type Token = Readonly<Record<string, unknown>>;

let count = 0;

/** What is said to a message: a text, or the code of a close. */
type Says = string | number | undefined;

/** A close frame without a code. */
const NO_CODE = 1005;

const write = (members: Token): string => JSON.stringify({ jsonrpc: "2.0", ...members });
const refusal = (id: unknown, code: number): string => write({ id, error: { code, message: "refused" } });

/** `cwmp.json` of an ACS, with the rule that it breaks. */
export function tokenVoice(line: Line, breaks: string | undefined): Voice {
  const acs = new TokenAcs(line, breaks);
  if (breaks === "calls before the device says anything") setTimeout(() => acs.call(), 20);
  return (message) => {
    const said = message === undefined ? undefined : acs.saysTo(message);
    if (typeof said === "string") line.say(said);
    else if (said !== undefined) line.close(said === NO_CODE ? undefined : said);
  };
}

class TokenAcs {
  readonly #line: Line;
  readonly #breaks: string | undefined;
  #isBegun = false;
  #attached = 0;

  constructor(line: Line, breaks: string | undefined) {
    this.#line = line;
    this.#breaks = breaks;
  }

  call(): void {
    this.#isBegun = true;
    const isFlat = this.#breaks === "sets a flat list";
    const list = isFlat ? { "Device.Lamp.Name": "red" } : { "Device.Lamp.": { Name: "red" } };
    const id = this.#breaks === "gives an id twice" ? "a1" : `a${(count += 1)}`;
    this.#line.say(
      write({ id, method: "SetParameterValues", params: { ParameterList: list, ParameterKey: "" } }),
    );
  }

  saysTo(message: string | Buffer): Says {
    if (typeof message !== "string") return 1003;
    if (message === "") return this.#breaks === "answers a sign of life" ? "" : undefined;
    const token = parse(message);
    if (token === undefined) return this.#breaks === "closes without a code" ? NO_CODE : 1003;
    if (!this.#isBegun) this.call();
    if (Array.isArray(token)) return this.#saysToBatch();
    const { id, jsonrpc, method } = token;
    if (method === undefined) return undefined;
    const isNull = id === null && this.#breaks === "takes null for an id";
    if (jsonrpc !== "2.0" || !(isId(id) || isNull)) return refusal(null, -32600);
    if (id !== undefined) return this.#answerTo(token, message);
    return this.#breaks === "answers what has no id" ? refusal(null, -32601) : undefined;
  }

  #saysToBatch(): Says {
    if (this.#breaks === "takes a batch") return '[{"jsonrpc":"2.0","id":"b1","result":{}}]';
    return refusal(this.#breaks === "leaves out the id of what it cannot read" ? undefined : null, -32600);
  }

  #answerTo({ id: given, method, params = {} }: Token, text: string): Says {
    const isWrong = this.#breaks === "turns a number for an id into text" && typeof given === "number";
    const id = isWrong ? String(given) : given;
    if (depthOf(text) > 64) return refusal(id, 8004);
    if (method === "Attach") return this.#attach(id, params);
    if (method === "Inform" && !isGrouped(params)) return refusal(id, -32602);
    if (method === "Inform") return write({ id, result: { MaxEnvelopes: 1 } });
    if (method === "TransferComplete") return write({ id, result: {} });
    if (method === "GetRPCMethods") return write({ id, result: { MethodList: ["Inform", "GetRPCMethods"] } });
    return refusal(id, this.#breaks === "has another code for what it does not know" ? 8000 : -32601);
  }

  #attach(id: unknown, params: unknown): Says {
    this.#attached += 1;
    if (this.#breaks === "refuses a second Attach" && this.#attached > 1) return refusal(id, -32600);
    if (!isAttach(params)) return refusal(id, -32602);
    const isOld = this.#breaks === "gives an old token";
    this.#line.keepAlive = isToken(params) && params["KeepAlive"] === true;
    return write({ id, result: attachResult(isOld ? (this.#line.token ?? "") : this.#line.freshToken()) });
  }
}

const attachResult = (token: string): Token => ({
  Session: "s",
  Token: token,
  ExpiresIn: 86_400,
  PingInterval: 1,
  MaxInFlight: 4,
  MaxMessageBytes: 1_048_576,
});

function isAttach(params: unknown): boolean {
  return isToken(params) && ["number", "undefined"].includes(typeof params["MaxInFlight"]);
}

/** An object of objects, whose numbers are whole. */
function isGrouped(params: unknown): boolean {
  const list = isToken(params) ? params["ParameterList"] : undefined;
  if (!isToken(list) || Array.isArray(list)) return false;
  const values = Object.values(list).flatMap((leaves): unknown[] =>
    isToken(leaves) ? Object.values(leaves) : [],
  );
  return values.every((value) => typeof value !== "number" || Number.isInteger(value));
}

function isId(id: unknown): boolean {
  return id === undefined || Number.isSafeInteger(id) || (typeof id === "string" && id.length <= 128);
}

function depthOf(text: string): number {
  let [depth, most] = [0, 0];
  for (const character of text) {
    if (character === "[" || character === "{") most = Math.max(most, (depth += 1));
    if (character === "]" || character === "}") depth -= 1;
  }
  return most;
}

function parse(text: string): Token | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isToken(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isToken(value: unknown): value is Token {
  return typeof value === "object" && value !== null;
}
