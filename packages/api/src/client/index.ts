export * from "./client.ts";
export * from "./errors.ts";
export type { FollowOptions } from "./follow-events.ts";
export type { TransportOptions } from "./transport.ts";
