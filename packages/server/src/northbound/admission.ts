import type { IncomingHttpHeaders } from "node:http";
import { routes, type Route } from "@heliograph/api";
import type { FastifyReply, FastifyRequest } from "fastify";
import { noRights } from "../ports/index.ts";
import type { Authentication, Manager } from "./authentication.ts";
import { closing } from "./failure.ts";
import { acceptedHosts, hostName, isForeign } from "./host.ts";
import type { ManagerPaces } from "./pace.ts";
import { Places } from "./places.ts";
import { isRefusal, refuse, refuseFor, type Refusal } from "./refusal.ts";
import type { NorthboundLimits, NorthboundSettings } from "./settings.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Who asks; on open routes nobody. */
    manager: Manager;
  }
}

/** Why a request is not looked at any further; undefined where it may go on, with its manager set. */
export type Admission = (request: FastifyRequest, reply: FastifyReply) => Promise<Refusal | undefined>;

export const nobody: Manager = {
  name: "",
  rights: noRights,
  isAdmitted: () => Promise.resolve(false),
  goesByFacts: false,
  on: () => Promise.resolve(nobody),
};

const openPaths: ReadonlySet<string> = new Set(
  Object.values<Route>(routes).flatMap((route) => (route.open === true ? [route.path] : [])),
);
/** Asked by address, by whoever watches over processes; they give nothing away. */
const PROBES: ReadonlySet<string> = new Set([routes.getLiveness.path, routes.getReadiness.path]);

/** When to ask again for a place. */
const SOON_MS = 1_000;

export interface AdmissionOptions {
  readonly limits: NorthboundLimits;
  readonly signal: AbortSignal;
  readonly authentication: Authentication;
  readonly turnAway: TurnAway;
  readonly paces: ManagerPaces;
}

/** Why nobody who asks under this name, or from that page, is listened to; undefined where somebody is. */
export type TurnAway = (headers: IncomingHttpHeaders) => Refusal | undefined;

export function turnAwayFor({ hostNames }: Pick<NorthboundSettings, "hostNames">): TurnAway {
  const hosts = acceptedHosts(hostNames);
  return (headers) => {
    const host = hostName(headers.host);
    if (host === undefined || !hosts.has(host)) {
      return refuse(
        "unknown-host",
        `this server is not ${headers.host ?? "one without a name"}: use a name it has, ` +
          "or add this one to its setting northbound-names",
      );
    }
    if (!isForeign(headers)) return undefined;
    return refuse("foreign-origin", "a page of another site asked with cookies: send a token and no cookies");
  };
}

export function admission({ limits, signal, authentication, turnAway, paces }: AdmissionOptions): Admission {
  const places = new Places(limits.maxInFlight);

  function admitConnection({ raw, routeOptions }: FastifyRequest, reply: FastifyReply): Refusal | undefined {
    if (signal.aborted) return closing();
    const leave = places.enter();
    if (leave === undefined) return overloaded(limits);
    reply.raw.once("close", leave);
    if (PROBES.has(routeOptions.url ?? "")) return undefined;
    return turnAway(raw.headers);
  }

  return async (request, reply) => {
    const refusal = admitConnection(request, reply);
    if (refusal !== undefined) return refusal;
    if (openPaths.has(request.routeOptions.url ?? "")) return undefined;
    const found = await authentication.manager(request.headers.authorization, request.ip);
    if (isRefusal(found)) return found;
    const leave = places.sit(found.name);
    if (leave === undefined) return crowding(limits);
    reply.raw.once("close", leave);
    request.manager = found;
    await paces.of(found.name).turn();
    return undefined;
  };
}

/** All places are taken. */
export function overloaded({ maxInFlight }: Pick<NorthboundLimits, "maxInFlight">): Refusal {
  return refuseFor("overloaded", `${maxInFlight} requests are open: ask again in a moment`, SOON_MS);
}

/** One manager has taken half of them. */
export function crowding({ maxInFlight }: Pick<NorthboundLimits, "maxInFlight">): Refusal {
  const most = Math.ceil(maxInFlight / 2);
  return refuseFor("overloaded", `${most} of your requests are open: wait for some to end`, SOON_MS);
}
