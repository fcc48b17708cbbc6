import { jsonOutcome, refused } from "./json-rpcs.ts";
import type { DeviceVoice, Wire } from "./small-device.ts";

type Token = Readonly<Record<string, unknown>>;

let count = 0;

/** `cwmp.json` of a device, with the rule that it breaks. */
export function tokenDevice(
  wire: Wire,
  reboot: (commandKey: string) => void,
  breaks: string | undefined,
): DeviceVoice {
  const answers = new Map<unknown, string>();
  const write = (members: Token): void => wire.say(JSON.stringify({ jsonrpc: "2.0", ...members }));
  const refuse = (): void => write({ id: null, ...refused(-32600) });
  const id = breaks === "gives an id twice" ? "d" : `d${(count += 1)}`;
  const most = breaks === "attaches with text for a number" ? "4" : 4;
  if (breaks === "reports before it attaches")
    write({ id: `r${count}`, method: "TransferComplete", params: {} });
  write({ id, method: "Attach", params: { MaxInFlight: most, KeepAlive: true, ReplayWindow: 4 } });

  if (breaks === "gives an id twice") write({ id, method: "GetRPCMethods" });

  const serve = ({ id: own, method, params = {} }: Token): void => {
    const isWrong = breaks === "turns a number for an id into text" && typeof own === "number";
    const known = breaks === "does not keep its answers" ? undefined : answers.get(own);
    const outcome = jsonOutcome(method, isToken(params) ? params : {}, breaks);
    const text =
      known ?? JSON.stringify({ jsonrpc: "2.0", id: isWrong ? String(own) : own, ...again(outcome, breaks) });
    answers.set(own, text);
    wire.say(text);
    if (method === "Reboot" && isToken(params)) reboot(String(params["CommandKey"]));
  };

  return (message) => {
    const token = parse(message);
    if (message === "") {
      if (breaks !== "answers no sign of life") wire.say("");
    } else if (token === undefined) wire.close(1003);
    else if (Array.isArray(token) && breaks === "takes a batch")
      wire.say('[{"jsonrpc":"2.0","id":"b1","result":{}}]');
    else if (token["method"] === undefined && !Array.isArray(token)) attached(wire, token["result"]);
    else if (!isCall(token, breaks)) refuse();
    else if (token["id"] !== undefined) serve(token);
    else if (breaks === "answers what has no id") refuse();
  };
}

function attached(wire: Wire, result: unknown): void {
  if (!isToken(result) || typeof result["Token"] !== "string") return;
  wire.keep(result["Token"]);
  wire.expectLife(Number(result["PingInterval"]));
}

function isCall({ id, jsonrpc }: Token, breaks: string | undefined): boolean {
  const isNull = id === null && breaks === "takes null for an id";
  const isId = id === undefined || typeof id === "number" || typeof id === "string" || isNull;
  return jsonrpc === "2.0" && isId;
}

/** Who keeps no answers counts how often it was asked. */
function again(outcome: object, breaks: string | undefined): object {
  return breaks === "does not keep its answers" ? { ...outcome, count: (count += 1) } : outcome;
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
