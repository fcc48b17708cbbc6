import { chooseVersion, deviceKey, problems } from "@heliograph/protocol";
import type {
  AcsParams,
  DeviceId,
  DeviceKey,
  ParameterValues,
  Problem,
  SoapEnvelope,
  SoapStyle,
  VersionChoice,
} from "@heliograph/protocol";
import { unreachable } from "../../ports/index.ts";
import type { InformEvent } from "../../ports/index.ts";
import { advertised } from "../light-offer.ts";
import type { Advertised } from "../light-offer.ts";
import type { Probe, SessionInput } from "./session.ts";
import type { Session } from "./sessions.ts";

/** What an Inform says, but for the time by the device's clock. */
export interface Inform {
  readonly id: string | undefined;
  readonly namespace: string;
  readonly style: SoapStyle;
  readonly deviceId: DeviceId;
  /** Undefined where its DeviceId tells the device from no other. */
  readonly key: DeviceKey | undefined;
  readonly events: readonly InformEvent[];
  readonly parameters: ParameterValues;
  /** How long the device wants to be waited for [CWMP 1.4 3.4.5]; undefined where it does not say. */
  readonly sessionTimeoutSeconds: number | undefined;
  readonly version: VersionChoice;
  /** Undefined where it says nothing of the light transport. */
  readonly advertised: Advertised | undefined;
}

/** What a device's message means: a new session, something in its session, or a request that only a fault can answer. */
export type Meaning =
  | { readonly type: "inform"; readonly inform: Inform; readonly currentTime: string }
  | { readonly type: "input"; readonly input: SessionInput }
  | { readonly type: "fault"; readonly code: number; readonly detail?: string };

export function meaningOf(envelope: SoapEnvelope<"acs">): Meaning {
  const { id, body } = envelope;
  switch (body.kind) {
    case "request":
      return body.method === "Inform"
        ? {
            type: "inform",
            inform: informOf(envelope, body.params),
            currentTime: body.params.CurrentTime,
          }
        : input({ type: "request", id, request: body });
    case "answer":
      return input({ type: "answer", id, method: body.method, outcome: { result: body.result } });
    case "fault":
      return input({ type: "answer", id, method: undefined, outcome: { fault: body.fault } });
    case "unknown-method":
      // No answer to a method that nobody calls can be the one that is due.
      return body.part === "answer"
        ? input({ type: "answer", id, method: body.method, outcome: { result: {} } })
        : { type: "fault", code: problems["unknown-method"].acsFault };
    case "malformed":
      return body.part === "answer"
        ? input({ type: "malformed-answer", detail: describe(body.problem) })
        : { type: "fault", code: problems[body.problem.reason].acsFault, detail: describe(body.problem) };
    default:
      return unreachable(body);
  }
}

function informOf(
  { id, namespace, style, header }: SoapEnvelope<"acs">,
  params: AcsParams<"Inform">,
): Inform {
  return {
    id,
    namespace,
    style,
    deviceId: params.DeviceId,
    key: deviceKey(params.DeviceId),
    events: params.Event.map(({ EventCode, CommandKey = "" }) => ({
      code: EventCode,
      commandKey: CommandKey,
    })),
    parameters: params.ParameterList,
    sessionTimeoutSeconds: header.sessionTimeout,
    version: chooseVersion(header.supportedCwmpVersions),
    advertised: advertised(header, params),
  };
}

export function describe({ at, detail }: Problem): string {
  return `${at}: ${detail}`;
}

/** What an empty POST may be besides "call me"; some devices leave the Authorization out of every one. */
export function probeOf({ authorized, probes }: Session, authorization: string | undefined): Probe {
  if (!authorized || authorization !== undefined || probes === false) return "no";
  return probes === true ? "surely" : "perhaps";
}

function input(read: SessionInput): Meaning {
  return { type: "input", input: read };
}
