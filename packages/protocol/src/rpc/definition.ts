import type { Fields } from "./field.ts";

/**
 * Whether an RPC whose answer was lost may be sent again [LIGHT 3]: freely; only while no later write to that device
 * was sent; or never, so that evidence settles it or it ends as *outcome unknown*.
 */
export type ResendRule = "freely" | "unless-written" | "never";

export interface RpcRules {
  readonly resend: ResendRule;
  /** It changes nothing on the device, so that several may be under way side by side. */
  readonly reads?: true;
  /** The first CWMP version that has it. */
  readonly since: "1.0" | "1.1" | "1.2";
  /** The event that says it ran: its own `M` event with the request's CommandKey, or an event of the whole device. */
  readonly evidence?: string;
}

export interface RpcDefinition extends RpcRules {
  readonly request: Fields;
  readonly answer: Fields;
}

/** Keeps the exact fields in the type: {@link RpcDefinition} itself would let any other field pass as well. */
export function rpc<const Q extends Fields, const A extends Fields>(
  definition: RpcRules & { readonly request: Q; readonly answer: A },
): RpcRules & { readonly request: Q; readonly answer: A } {
  return definition;
}
