import {
  answered,
  dispatcher,
  faulted,
  type DataModel,
  type DeviceReply,
  type Handler,
  type Handlers,
  type Outcome,
} from "@heliograph/agent";
import { lookRefused, readRefused, type Weakness } from "./weakness.ts";

/** How a device serves RPCs: well, or not so well. */
export interface Manners {
  /** Milliseconds, from any moment. */
  readonly now: () => number;
  /** Resolves when a slow device has taken its time; never rejects. */
  readonly takeTime: () => Promise<void>;
  /** Whether it refuses this one. */
  readonly refuses: () => boolean;
  /** What it cannot bear when it is read; everything, where not given. */
  readonly weakness?: Weakness;
  /** An RPC was served in so many milliseconds. */
  readonly served: (ms: number) => void;
}

/** Serves what reads and writes parameters as the model alone would, with the device's own manners. */
export function servingHandlers(model: DataModel, manners: Manners): Handlers {
  const dispatch = dispatcher({ model });
  const { weakness = {} } = manners;
  return {
    GetParameterValues: mannered(manners, async (params) => {
      const reply = await dispatch({ method: "GetParameterValues", params });
      if (!isAnswer(reply, "GetParameterValues")) return refusalIn(reply);
      const read = { names: params.ParameterNames, values: reply.result.ParameterList };
      const fault = readRefused(weakness, read);
      return fault === undefined ? answered(reply.result) : { fault };
    }),
    GetParameterNames: mannered(manners, async (params) => {
      const fault = lookRefused(weakness, params.ParameterPath ?? "");
      if (fault !== undefined) return { fault };
      const reply = await dispatch({ method: "GetParameterNames", params });
      return isAnswer(reply, "GetParameterNames") ? answered(reply.result) : refusalIn(reply);
    }),
    SetParameterValues: mannered(manners, async (params) => {
      const reply = await dispatch({ method: "SetParameterValues", params });
      return isAnswer(reply, "SetParameterValues") ? answered(reply.result) : refusalIn(reply);
    }),
  };
}

function mannered<P, R>(
  { now, takeTime, refuses, served }: Manners,
  serve: (params: P) => Promise<Outcome<R>>,
): Handler<P, R> {
  return async (params) => {
    const begun = now();
    await takeTime();
    const outcome = refuses() ? faulted(9002, "this device fails on purpose") : await serve(params);
    served(now() - begun);
    return outcome;
  };
}

type Answered = Extract<DeviceReply, { readonly kind: "answer" }>;

function isAnswer<M extends Answered["method"]>(
  reply: DeviceReply,
  method: M,
): reply is Extract<Answered, { readonly method: M }> {
  return reply.kind === "answer" && reply.method === method;
}

function refusalIn(reply: DeviceReply): Outcome<never> {
  return reply.kind === "fault" ? { fault: reply.fault } : faulted(9002, `${reply.method} was not asked`);
}
