/** How a test device writes its Inform. */
export interface InformText {
  readonly serial?: string;
  readonly events?: readonly string[];
  readonly namespace?: string;
  readonly declaration?: boolean;
  /** Left out of the envelope where it is null. */
  readonly id?: string | null;
  readonly parameters?: Readonly<Record<string, string>>;
}

const NAMESPACE = "urn:dslforum-org:cwmp-1-2";

export function informText(text: InformText = {}): string {
  const { serial = "S1", events = ["1 BOOT"], parameters = {} } = text;
  const event = events
    .map((code) => `<EventStruct><EventCode>${code}</EventCode><CommandKey/></EventStruct>`)
    .join("");
  const list = Object.entries(parameters)
    .map(
      ([name, value]) =>
        `<ParameterValueStruct><Name>${name}</Name><Value>${value}</Value></ParameterValueStruct>`,
    )
    .join("");
  const body =
    `<cwmp:Inform><DeviceId><Manufacturer>Maker</Manufacturer><OUI>001122</OUI><ProductClass>Box</ProductClass>` +
    `<SerialNumber>${serial}</SerialNumber></DeviceId><Event>${event}</Event><MaxEnvelopes>1</MaxEnvelopes>` +
    `<CurrentTime>2026-01-01T00:00:00Z</CurrentTime><RetryCount>0</RetryCount><ParameterList>${list}</ParameterList></cwmp:Inform>`;
  return envelopeText(body, text);
}

/** An envelope around a body, as a device writes it. */
export function envelopeText(
  body: string,
  {
    namespace = NAMESPACE,
    declaration = false,
    id = "d1",
  }: Pick<InformText, "namespace" | "declaration" | "id"> = {},
): string {
  const header = id === null ? "" : `<s:Header><cwmp:ID s:mustUnderstand="1">${id}</cwmp:ID></s:Header>`;
  return (
    `${declaration ? '<?xml version="1.0" encoding="UTF-8"?>' : ""}<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" ` +
    `xmlns:cwmp="${namespace}">${header}<s:Body>${body}</s:Body></s:Envelope>`
  );
}

/** The answer to a call of GetParameterValues. */
export function valuesText(id: string | null = "a1"): string {
  const value = "<ParameterValueStruct><Name>Device.X</Name><Value>1</Value></ParameterValueStruct>";
  return envelopeText(
    `<cwmp:GetParameterValuesResponse><ParameterList>${value}</ParameterList></cwmp:GetParameterValuesResponse>`,
    { id },
  );
}

export function transferCompleteText(commandKey = "k1"): string {
  return envelopeText(
    `<cwmp:TransferComplete><CommandKey>${commandKey}</CommandKey><FaultStruct><FaultCode>0</FaultCode><FaultString/>` +
      `</FaultStruct><StartTime>2026-01-01T00:00:00Z</StartTime><CompleteTime>2026-01-01T00:01:00Z</CompleteTime></cwmp:TransferComplete>`,
  );
}
