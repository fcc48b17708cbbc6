export * from "./acs-connection.ts";
export * from "./authenticator.ts";
export * from "./classic-device.ts";
export * from "./classic-session.ts";
export * from "./connection-request-server.ts";
export * from "./http-transfer.ts";
export * from "./state-file.ts";
