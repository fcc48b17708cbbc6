import { connect, type NatsConnection } from "@nats-io/transport-node";

/** Connects as NATS_USER with NATS_PASSWORD to NATS_URL, whose certificate NATS_CA signed; undefined where no URL is set. */
export async function connectNats(): Promise<NatsConnection | undefined> {
  const { NATS_URL: url, NATS_USER: user, NATS_PASSWORD: pass, NATS_CA: caFile } = process.env;
  if (url === undefined) return undefined;
  // Answers come to subjects that no other user may read.
  const login = user === undefined || pass === undefined ? {} : { user, pass, inboxPrefix: `_INBOX.${user}` };
  const tls = caFile === undefined ? {} : { tls: { caFile, host: new URL(url).hostname } };
  return connect({ servers: url, ...login, ...tls });
}
