import { fileCases } from "./file-cases.ts";
import { floodCases } from "./flood-cases.ts";
import type { HostileCase } from "./hostile-case.ts";
import { httpCases } from "./http-cases.ts";
import { jsonManageCases } from "./json-manage-cases.ts";
import { lightCases } from "./light-cases.ts";
import { manageCases } from "./manage-cases.ts";
import { northboundCases } from "./northbound-cases.ts";
import { soapCases } from "./soap-cases.ts";
import { socketSoapCases } from "./socket-soap-cases.ts";
import { stompCases } from "./stomp-cases.ts";
import { tlsCases } from "./tls-cases.ts";
import { udpCases } from "./udp-cases.ts";
import { upgradeCases } from "./upgrade-cases.ts";

/** Every hostile thing there is a row for. Further ones are added to one of these lists, or as a list of their own. */
export const hostileCases: readonly HostileCase[] = [
  ...httpCases,
  ...soapCases,
  ...upgradeCases,
  ...lightCases,
  ...socketSoapCases,
  ...stompCases,
  ...tlsCases,
  ...udpCases,
  ...fileCases,
  ...northboundCases,
  ...manageCases,
  ...jsonManageCases,
  ...floodCases,
];
