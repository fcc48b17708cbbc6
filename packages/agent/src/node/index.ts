export * from "./authenticator.ts";
export * from "./connection-request-server.ts";
