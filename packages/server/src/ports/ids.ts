import type { Brand } from "@heliograph/protocol";

/** One run of one gateway; dies with its process. */
export type GatewayId = Brand<string, "GatewayId">;
/** One run of one engine; dies with its process. */
export type EngineId = Brand<string, "EngineId">;
/** One classic session or one WebSocket, never used twice. */
export type ConnectionId = Brand<string, "ConnectionId">;
export type OperationId = Brand<string, "OperationId">;
/** One sending of one RPC: the `cwmp:ID` in SOAP, the `id` of a token. */
export type CallId = Brand<string, "CallId">;

const OPERATION_ID = /^[0-9a-f]{32}$/;

export function operationId(hex: string): OperationId | undefined {
  return OPERATION_ID.test(hex) ? (hex as OperationId) : undefined;
}
export function gatewayId(hex: string): GatewayId {
  return hex as GatewayId;
}
export function engineId(hex: string): EngineId {
  return hex as EngineId;
}
export function connectionId(hex: string): ConnectionId {
  return hex as ConnectionId;
}
export function callId(hex: string): CallId {
  return hex as CallId;
}
