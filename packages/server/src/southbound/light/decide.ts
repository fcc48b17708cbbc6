import { unreachable } from "../../ports/index.ts";
import type { Call, ConnectReply } from "../../ports/index.ts";
import { attachAgain, attachByDefault, onAttached, sendOrGiveBack } from "./attaching.ts";
import { barred, closing } from "./closing.ts";
import { defaultDeviceLimits } from "./device-limits.ts";
import type {
  Asked,
  ConnectionDecision,
  ConnectionEffect,
  ConnectionInput,
  ConnectionRules,
  ConnectionState,
  OpenConnection,
} from "./connection.ts";
import { after, close, over, sendAway, stay } from "./decision.ts";
import { onInformed, onReported, onSaid } from "./requests.ts";
import { engineFound, engineMissing } from "./serving.ts";

/** Calls that may wait for an Attach's answer; engines keep to what the device bears, which is less. */
const MOST_HELD = 256;
/** Two periods without a sign of life end a connection [LIGHT 2]. */
const MOST_SILENT = 2;

/** What a light connection does next: nothing that its device says, and nobody's silence, leaves it without an end. */
export function decide(
  state: ConnectionState,
  input: ConnectionInput,
  rules: ConnectionRules,
): ConnectionDecision {
  if (state.name === "over") return stay(state, unsent(input));
  switch (input.type) {
    case "close":
      return close(input.closing);
    case "send-away":
      return sendAway;
    case "lost":
      return lost(input.detail);
    case "connected":
      return state.name === "connecting" ? onConnected(input.reply) : stay(state);
    default:
      return state.name === "open" ? onOpen(state, input, rules) : stay(state, unsent(input));
  }
}

/** Where nothing can be done (yet, or any more), a call is given back. */
function unsent(input: ConnectionInput): readonly ConnectionEffect[] {
  return input.type === "call" ? [{ type: "give-back", call: input.call }] : [];
}

function onConnected(reply: Asked<ConnectReply>): ConnectionDecision {
  switch (reply.type) {
    case "owned":
      return stay(OPENED, [{ type: "listen" }, { type: "be-patient" }]);
    case "refused":
      return close(barred[reply.reason]);
    case "unreachable":
      return sendAway;
    default:
      return unreachable(reply);
  }
}

const OPENED: OpenConnection = {
  name: "open",
  attached: false,
  limits: defaultDeviceLimits,
  attaching: [],
  asking: false,
  informs: 0,
  serving: 0,
  streaming: 0,
  held: [],
  orphaned: false,
  silent: 0,
};

type OpenInput = Exclude<ConnectionInput, { readonly type: "close" | "send-away" | "lost" | "connected" }>;

function onOpen(open: OpenConnection, input: OpenInput, rules: ConnectionRules): ConnectionDecision {
  switch (input.type) {
    case "announced":
      return onAnnounced(open, input.reply);
    case "said":
      return onSaid(open, input, rules);
    case "patience-over":
      return onPatienceOver(open, rules);
    case "attached":
      return onAttached(open, input);
    case "informed":
      return onInformed(open, input, rules);
    case "reported":
      return onReported(open, input);
    case "owner-changed":
      return open.attached && open.attaching.length === 0 ? attachAgain(open) : stay(open);
    case "call":
      return onCall(open, input.call);
    case "beat":
      return onBeat(open, input.heard);
    case "abandoned":
      return open.orphaned ? sendAway : stay(open);
    default:
      return unreachable(input);
  }
}

/** The device notices nothing of it. */
function onAnnounced(open: OpenConnection, reply: Asked<ConnectReply>): ConnectionDecision {
  switch (reply.type) {
    case "owned": {
      const owned = { ...open, orphaned: false };
      const isAttached = open.attached && open.attaching.length === 0;
      return after(engineFound(open), isAttached ? attachAgain(owned) : stay(owned));
    }
    case "refused":
      return close(barred[reply.reason]);
    case "unreachable":
      return stay({ ...open, orphaned: true }, engineMissing(open));
    default:
      return unreachable(reply);
  }
}

function onPatienceOver(open: OpenConnection, { ways }: ConnectionRules): ConnectionDecision {
  if (ways.connects !== true) return open.informs > 0 ? stay(open) : attachByDefault(open);
  const hasBegun = open.attached || open.attaching.length > 0;
  return hasBegun ? stay(open) : close(closing("unreadable", "no session was opened in time"));
}

/** The Attach answer comes before any call that the engine makes because of it. */
function onCall(open: OpenConnection, call: Call): ConnectionDecision {
  if (open.attaching.length === 0) return stay(open, [sendOrGiveBack(open, call)]);
  if (open.held.length >= MOST_HELD) return stay(open, [{ type: "give-back", call }]);
  return stay({ ...open, held: [...open.held, call] });
}

function onBeat(open: OpenConnection, heard: boolean): ConnectionDecision {
  const silent = heard ? 0 : open.silent + 1;
  if (silent >= MOST_SILENT) return lost("the device gave no sign of life for two periods");
  const beaten = silent === open.silent ? open : { ...open, silent };
  const isAsked = !open.orphaned || open.attaching.length > 0;
  return after([{ type: "beat" }], isAsked ? stay(beaten) : attachAgain(beaten));
}

function lost(detail: string): ConnectionDecision {
  return stay(over, [{ type: "terminate", detail }]);
}
