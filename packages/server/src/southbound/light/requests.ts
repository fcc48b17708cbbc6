import { deviceKey, faultText } from "@heliograph/protocol";
import type { AcsParams, Fault, LightParams, TokenId } from "@heliograph/protocol";
import { unreachable } from "../../ports/index.ts";
import type { ReportReply } from "../../ports/index.ts";
import { attach, attachByDefault, attachNext } from "./attaching.ts";
import { barred, closing } from "./closing.ts";
import type { OwnAttach, OwnRequest, Said } from "./codec.ts";
import { defaultDeviceLimits, MOST_CALLS } from "./device-limits.ts";
import type { DeviceLimits } from "./device-limits.ts";
import type {
  Asked,
  Attaching,
  ConnectionDecision,
  ConnectionEffect,
  ConnectionInput,
  ConnectionRules,
  OpenConnection,
} from "./connection.ts";
import { after, close, stay } from "./decision.ts";
import { isObservationId } from "./monitor/own-monitor.ts";
import { engineFound, engineMissing, fault, retryLater, serve, served } from "./serving.ts";

type Input<T extends ConnectionInput["type"]> = Extract<ConnectionInput, { readonly type: T }>;

/** A transaction has no more frames. */
const MOST_IN_GROUP = 100;
const NO_METHOD = -32601;
const INFORMED = { MaxEnvelopes: 1 } as const;

export function onSaid(
  open: OpenConnection,
  { said, pace }: Input<"said">,
  rules: ConnectionRules,
): ConnectionDecision {
  switch (pace) {
    case "within":
      return onMessage(open, said, rules);
    case "over":
      return onTooMuch(open, said, rules);
    case "abusive":
      return close(closing("abuse", "it sends too much, and did not heed fault 8004"));
    default:
      return unreachable(pace);
  }
}

export function onInformed(
  open: OpenConnection,
  { id, reply }: Input<"informed">,
  { ways }: ConnectionRules,
): ConnectionDecision {
  const heard = { ...open, informs: open.informs - 1 };
  if (reply.type === "stored" && ways.informAttaches === true) return attachInformed(heard, id);
  const informed = served(heard, id);
  const isQuiet = !open.attached && open.attaching.length === 0;
  const patience: readonly ConnectionEffect[] = isQuiet ? [{ type: "be-patient" }] : [];
  const stored = onStored(informed, reply, { id, result: INFORMED });
  if (stored.state.name !== "open") return stored;
  return after([...stored.effects, ...patience], attachNext(stored.state));
}

/** It is answered once the device is attached, by what renews its token. */
function attachInformed(open: OpenConnection, id: TokenId | undefined): ConnectionDecision {
  const asked = { limits: open.limits, own: true, informed: INFORMED, ...(id === undefined ? {} : { id }) };
  return after(engineFound(open), attach({ ...open, orphaned: false }, asked));
}

export function onReported(open: OpenConnection, input: Input<"reported">): ConnectionDecision {
  return onStored(served(open, input.id), input.reply, { id: input.id, result: {} });
}

function onMessage(open: OpenConnection, said: Said, rules: ConnectionRules): ConnectionDecision {
  switch (said.type) {
    case "nothing":
      return stay(open);
    case "request":
      return onRequest(open, said, rules);
    case "answer":
      return after([answered(said)], attachByDefault(open));
    case "refused":
      return after(fault(said.id, said.fault), attachByDefault(open));
    case "attach":
      return attach(open, { ...attachingOf(said), own: false, lasting: true });
    case "declined":
      return stay(
        open,
        said.ids.map((id) => ({ type: "decline", id })),
      );
    case "group":
      return onGroup(open, said.said, rules);
    case "acknowledged":
      return stay(open, [{ type: "say", message: said.message }]);
    case "channel":
      return stay(open, [{ type: "channel", wish: said.wish }]);
    case "done":
      return close(closing("done", "the device is done"));
    case "unreadable":
      return close({ code: said.code, reason: said.detail });
    default:
      return unreachable(said);
  }
}

function answered({ id, answer: said }: Extract<Said, { readonly type: "answer" }>): ConnectionEffect {
  if (!isObservationId(id)) return { type: "settle", id, answer: said };
  return { type: "monitor", said: { type: "observation-answered", id, answer: said } };
}

/** Each is served, though the device has more requests out than it may have one by one. */
function onGroup(open: OpenConnection, group: readonly Said[], rules: ConnectionRules): ConnectionDecision {
  const roomier = { ...rules, maxInFlight: rules.maxInFlight + MOST_IN_GROUP };
  let decision = stay(open);
  for (const said of group) {
    if (decision.state.name !== "open") break;
    decision = after(decision.effects, onMessage(decision.state, said, roomier));
  }
  return decision;
}

function attachingOf({ id, limits, opens }: OwnAttach): Omit<Attaching, "own"> {
  return { limits, ...(id === undefined ? {} : { id }), ...(opens === undefined ? {} : { opens }) };
}

/** What a session is made of counts all the same: whoever missed it would not understand the rest. */
function onTooMuch(open: OpenConnection, said: Said, rules: ConnectionRules): ConnectionDecision {
  const detail = "these are too many messages";
  switch (said.type) {
    case "group":
      return stay(
        open,
        said.said.flatMap((each) => tooMuch(each, detail)),
      );
    case "attach":
    case "declined":
    case "acknowledged":
    case "channel":
    case "done":
      return onMessage(open, said, rules);
    default:
      return stay(open, tooMuch(said, detail));
  }
}

/** What a message gets that is one too many; what wants no answer is dropped. */
function tooMuch(said: Said, detail: string): readonly ConnectionEffect[] {
  const isAnswered = said.type === "request" || said.type === "refused";
  return isAnswered ? fault(said.id, { code: 8004, message: `${faultText(8004)}: ${detail}` }) : [];
}

function onRequest(
  open: OpenConnection,
  own: Extract<Said, { readonly type: "request" }>,
  rules: ConnectionRules,
): ConnectionDecision {
  const { id, request } = own;
  const isFull = (id === undefined ? open.streaming : open.serving) >= rules.maxInFlight;
  const surplus = tooMuch(own, `${rules.maxInFlight} requests are being served`);
  switch (request.method) {
    case "GetRPCMethods": {
      if (isFull) return stay(open, surplus);
      return after(answer(id, { MethodList: rules.ways.methods }), attachByDefault(open));
    }
    case "Publish": {
      const values = { type: "monitor", said: { type: "values", values: request.params } } as const;
      return after([values, ...answer(id, {})], attachByDefault(open));
    }
    case "Attach":
    case "Inform":
    case "PublishResult":
    case "Kicked":
    case "TransferComplete":
    case "AutonomousTransferComplete":
    case "RequestDownload":
    case "DUStateChangeComplete":
    case "AutonomousDUStateChangeComplete":
      return isFull ? stay(open, surplus) : onServed(serve(open, id), own, rules);
    default: {
      const missing: Fault = { code: NO_METHOD, message: `there is no method ${request.method}` };
      return after(fault(id, missing), attachByDefault(open));
    }
  }
}

/** Something that the engine has to hear. */
function onServed(
  open: OpenConnection,
  { id, request }: OwnRequest,
  rules: ConnectionRules,
): ConnectionDecision {
  switch (request.method) {
    case "Attach":
      return attach(open, {
        limits: limitsOf(request.params),
        own: true,
        ...(request.params.Channels === undefined ? {} : { channels: request.params.Channels }),
        ...(id === undefined ? {} : { id }),
      });
    case "Inform":
      return onInform(open, { id, params: request.params }, rules);
    default:
      return after(
        [{ type: "report", id, method: request.method, params: request.params }],
        attachByDefault(open),
      );
  }
}

function limitsOf(params: LightParams<"Attach">): DeviceLimits {
  const { MaxInFlight = 1, MaxMessageBytes = defaultDeviceLimits.maxMessageBytes } = params;
  return {
    maxInFlight: Math.min(Math.max(MaxInFlight, 1), MOST_CALLS),
    maxMessageBytes: MaxMessageBytes,
    keepAlive: params.KeepAlive ?? false,
    replayWindow: params.ReplayWindow ?? 0,
  };
}

interface OwnInform {
  readonly id: TokenId | undefined;
  readonly params: AcsParams<"Inform">;
}

function onInform(
  open: OpenConnection,
  { id, params }: OwnInform,
  { device }: ConnectionRules,
): ConnectionDecision {
  if (deviceKey(params.DeviceId) !== device) {
    const denied = { code: 8001, message: `${faultText(8001)}: the token is another device's` };
    return after(fault(id, denied), close(closing("notAllowed", "the Inform is another device's")));
  }
  return stay({ ...open, informs: open.informs + 1 }, [{ type: "inform", id, params }]);
}

/** The engine was to store something: only then the device is told that it may forget it. */
function onStored(
  open: OpenConnection,
  reply: Asked<ReportReply>,
  { id, result }: { readonly id: TokenId | undefined; readonly result: object },
): ConnectionDecision {
  switch (reply.type) {
    case "stored":
      return stay({ ...open, orphaned: false }, [...answer(id, result), ...engineFound(open)]);
    case "superseded":
      return stay(open, retryLater(id));
    case "unreachable":
      return stay({ ...open, orphaned: true }, [...retryLater(id), ...engineMissing(open)]);
    case "refused":
      return close(barred[reply.reason]);
    default:
      return unreachable(reply);
  }
}

function answer(id: TokenId | undefined, result: object): readonly ConnectionEffect[] {
  return id === undefined ? [] : [{ type: "answer", id, result }];
}
