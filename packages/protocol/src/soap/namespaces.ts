import { namespaceOf } from "../xml/element.ts";
import type { NamespaceScope } from "../xml/element.ts";

export const SOAP_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/";
export const SOAP_ENCODING = "http://schemas.xmlsoap.org/soap/encoding/";
export const XML_SCHEMA = "http://www.w3.org/2001/XMLSchema";
export const XML_SCHEMA_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance";

/** The XML extensions of the light transport [LIGHT 1]. */
export const LIGHT = "urn:heliograph:light-1";

/** What a message is taken for that names no CWMP namespace; every device understands it. */
export const CWMP_1_0 = "urn:dslforum-org:cwmp-1-0";

/** Devices also send the 1-3 and 1-4 that no schema has; all are answered in kind. */
const CWMP = /^urn:dslforum-org:cwmp-1-[0-9]{1,2}$/;

/** The CWMP namespace that a method's element stands in, or else any that is declared around it. */
export function cwmpNamespace(scope: NamespaceScope, prefix: string): string {
  const own = namespaceOf(scope, prefix)?.trim() ?? "";
  if (CWMP.test(own)) return own;
  for (let inner: NamespaceScope | undefined = scope; inner !== undefined; inner = inner.outer) {
    for (const uri of inner.declared.values()) {
      if (CWMP.test(uri.trim())) return uri.trim();
    }
  }
  return CWMP_1_0;
}
