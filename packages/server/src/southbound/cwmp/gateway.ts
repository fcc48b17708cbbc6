import type { IncomingMessage, ServerResponse } from "node:http";
import { asError } from "../../ports/index.ts";
import { boundedLog } from "../bounded-log.ts";
import type { GatewayPorts, SouthboundPorts } from "../southbound-ports.ts";
import { defaultBounds } from "./cwmp-settings.ts";
import type { CwmpSettings } from "./cwmp-settings.ts";
import { Reception } from "./reception.ts";
import { last, plain, unavailable, withHeader, write } from "./reply.ts";
import { Turns } from "./turns.ts";

export interface CwmpGateway {
  /** Sessions that go on. */
  readonly sessions: number;
  /** Answers a request of the southbound listener at the path of the ACS. */
  serve(request: IncomingMessage, response: ServerResponse): void;
  /** Takes no new sessions, lets the running ones end for a while, cuts the rest. Closing twice is no error. */
  close(): Promise<void>;
}

/** Speaks CWMP over HTTP: holds the sessions of classic devices and asks the engine what to call in them. */
export function startCwmpGateway(given: GatewayPorts, settings: CwmpSettings): CwmpGateway {
  const ports = { ...given, log: boundedLog(given.log, given.clock) };
  const reception = new Reception(ports, settings, { ...defaultBounds, ...settings.bounds });
  const turns = new Turns();
  let closing: Promise<void> | undefined;
  return {
    get sessions() {
      return reception.sessions;
    },
    serve: (request, response) => {
      void turns.take(request.socket, () => serve({ ports, reception }, request, response));
    },
    close: () => (closing ??= reception.close()),
  };
}

interface Serving {
  readonly ports: SouthboundPorts;
  readonly reception: Reception;
}

async function serve(serving: Serving, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== "POST") {
    write(request, response, last(withHeader(plain(405, "CWMP is spoken by POST"), "Allow", "POST")));
    return;
  }
  try {
    await serving.reception.receive(request, (reply) => write(request, response, reply));
  } catch (error) {
    serving.ports.log.error("a device could not be served", { error: asError(error) });
    write(request, response, unavailable("the ACS cannot answer now", 60));
  }
}
