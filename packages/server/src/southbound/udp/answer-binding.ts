import { createHmac } from "node:crypto";
import { isSignedWith } from "@heliograph/protocol";
import type { BindingError, BindingRequest, BindingResponse, HmacSha1, Signing } from "@heliograph/protocol";
import { plainAddress } from "../address.ts";
import type { Address } from "../listener.ts";

/** What devices sign their Binding Requests with: their STUNUsername and STUNPassword. */
export interface StunLogin {
  readonly username: string;
  readonly password: string;
}

export interface BindingAnswer {
  readonly message: BindingResponse | BindingError;
  readonly to: Address;
  readonly signing?: Signing;
}

export const hmacSha1: HmacSha1 = (key, data) => createHmac("sha1", key).update(data).digest("hex");

/**
 * What a Binding Request is answered [RFC 3489 8.1]. Only the host that asked is ever answered, at another of its ports where
 * it wants so; there is no second address to answer from.
 */
export function answerBinding(
  request: BindingRequest,
  from: Address,
  login: StunLogin | undefined,
): BindingAnswer {
  const { transaction, responseAddress, unknown } = request;
  const refuse = (code: number, reason: string, names: readonly number[] = []): BindingAnswer => {
    return { message: { type: "binding-error", transaction, code, reason, unknown: names }, to: from };
  };
  if (unknown.length > 0) return refuse(420, "Unknown", unknown.slice(0, MAX_NAMED));
  if (responseAddress !== undefined && plainAddress(responseAddress.address) !== from.host) {
    return refuse(420, "Unknown", [RESPONSE_ADDRESS]);
  }
  const signing = login && { password: login.password, hmac: hmacSha1 };
  if (signing !== undefined) {
    if (request.integrity === undefined) return refuse(401, "Unauthorized");
    const isOurs = request.username === login?.username;
    if (!isSignedWith(request, signing) || !isOurs) return refuse(431, "Integrity Check Failure");
  }
  const source = { address: from.host, port: from.port };
  const message: BindingResponse = {
    type: "binding-response",
    transaction,
    mapped: source,
    ...(responseAddress === undefined ? {} : { reflectedFrom: source }),
  };
  const to = responseAddress === undefined ? from : { host: from.host, port: responseAddress.port };
  return { message, to, ...(signing === undefined ? {} : { signing }) };
}

const RESPONSE_ADDRESS = 0x0002;
/** A refusal is not to be much longer than what it refuses. */
const MAX_NAMED = 4;
