export type * from "./brand.ts";
export * from "./close-codes.ts";
export * from "./decoded.ts";
export { dependenciesOf, untrustedSubjects, type Dependencies } from "./expression/dependencies.ts";
export { evaluate, type Answer, type KnownFacts } from "./expression/evaluate.ts";
export * from "./expression/expression.ts";
export { factOf, facts, isFactName, type Fact, type FactName } from "./expression/facts.ts";
export { parseExpression } from "./expression/parse.ts";
export { glob } from "./expression/glob.ts";
export { fixedPart, pathMatcher } from "./expression/path-pattern.ts";
export { printExpression, printSubject } from "./expression/print.ts";
export * from "./http/auth-header.ts";
export * from "./http/digest.ts";
export * from "./limits.ts";
export * from "./model/compact.ts";
export * from "./model/device-id.ts";
export * from "./model/grouped.ts";
export type * from "./model/json.ts";
export * from "./model/lexical.ts";
export * from "./model/path.ts";
export * from "./model/value.ts";
export * from "./problems.ts";
export * from "./rpc/definition.ts";
export * from "./rpc/fault-codes.ts";
export * from "./rpc/field.ts";
export * from "./rpc/inform.ts";
export * from "./rpc/light.ts";
export * from "./rpc/policy.ts";
export * from "./rpc/table.ts";
export * from "./soap/decode.ts";
export * from "./soap/encode.ts";
export type * from "./soap/envelope.ts";
export * from "./soap/namespaces.ts";
export * from "./soap/versions.ts";
export * from "./stomp/client-frame.ts";
export * from "./stomp/frame.ts";
export * from "./stomp/frame-reader.ts";
export * from "./stomp/frame-writer.ts";
export * from "./stomp/heart-beat.ts";
export * from "./stomp/limits.ts";
export * from "./stomp/receipts.ts";
export * from "./stomp/server-frame.ts";
export * from "./stomp/session.ts";
export * from "./stomp/subscriptions.ts";
export * from "./stomp/transactions.ts";
export * from "./stomp/version.ts";
export { decodeStun, stunLimits, type StunLimits } from "./stun/decode.ts";
export { encodeStun } from "./stun/encode.ts";
export { isSignedWith, type HmacSha1, type Signing } from "./stun/integrity.ts";
export {
  hasMagicCookie,
  type BindingError,
  type BindingRequest,
  type BindingResponse,
  type StunAddress,
  type StunMessage,
} from "./stun/message.ts";
export * from "./token/decode.ts";
export * from "./token/decode-policy.ts";
export * from "./token/fault.ts";
export { manageSchemas } from "./token/manage-schemas.ts";
export * from "./token/message.ts";
export * from "./token/positional.ts";
export * from "./token/published-schemas.ts";
export * from "./token/resolve-types.ts";
export * from "./token/schema.ts";
export * from "./udp/connection-request.ts";
export * from "./udp/light-notification.ts";
export * from "./unreachable.ts";
export * from "./xml/element.ts";
export * from "./xml/reader.ts";
export * from "./xml/writer.ts";
