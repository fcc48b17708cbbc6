import type { Line, Voice } from "./small-acs.ts";

let count = 0;

/** `cwmp.soap` of an ACS, with the rule that it breaks. */
export function envelopeVoice(line: Line, breaks: string | undefined): Voice {
  let [isBegun, isBusy] = [false, false];
  const write = (id: string | undefined, body: string, header = ""): void =>
    line.say(enveloped(`${id === undefined ? "" : `<cwmp:ID>${id}</cwmp:ID>`}${header}`, body, breaks));
  const refuse = (id: string | undefined, code: number): void => write(id, faultBody(code));
  const call = (): void => write(`a${(count += 1)}`, SET);
  const begin = (): void => {
    isBegun = true;
    call();
    if (breaks === "calls twice at once") call();
  };
  const inform = (id: string | undefined): void => {
    isBusy = true;
    setTimeout(() => {
      isBusy = false;
      const token = breaks === "gives an old token" ? (line.token ?? "") : line.freshToken();
      const header = `<x:WebSocketReference xmlns:x="urn:heliograph:light-1"><URL>ws://acs/</URL><Subprotocol>cwmp.soap</Subprotocol><Token>${token}</Token></x:WebSocketReference>`;
      write(id, "<cwmp:InformResponse><MaxEnvelopes>1</MaxEnvelopes></cwmp:InformResponse>", header);
    }, 20);
  };
  const request = (method: string, own: string | undefined, text: string): void => {
    const id = breaks === "returns no ID" ? undefined : own;
    if (isBusy && breaks !== "serves a request out of turn") refuse(id, 8004);
    else if (method === "Inform" && text.includes("<DeviceId>")) inform(id);
    else if (method === "Inform") refuse(id, 8003);
    else if (method === "TransferComplete") write(id, "<cwmp:TransferCompleteResponse/>");
    else if (method === "GetRPCMethods") write(id, METHODS);
    else refuse(id, breaks === "has another code for what it does not know" ? 9000 : 8000);
  };
  return (message) => {
    if (message === undefined || message === "") return;
    if (typeof message !== "string" || !message.startsWith("<")) {
      line.close(breaks === "closes without a code" ? undefined : 1003);
      return;
    }
    const method = /Body>\s*<(?:\w+:)?(\w+)/.exec(message)?.[1] ?? "";
    const isFolded = message.split("<a>").length > 64;
    const isHeld = breaks === "understands HoldRequests as a refusal" && message.includes("HoldRequests");
    if (method.endsWith("Response") || method === "Fault") return;
    if (!isBegun) begin();
    if (isFolded) refuse(undefined, 8004);
    else if (isHeld || !/^<\S*Envelope/.test(message)) refuse(undefined, 8003);
    else request(method, /ID[^>]*>([^<]*)</.exec(message)?.[1], message);
  };
}

const METHODS =
  "<cwmp:GetRPCMethodsResponse><MethodList><string>Inform</string></MethodList></cwmp:GetRPCMethodsResponse>";
const SET =
  "<cwmp:SetParameterValues><ParameterList><ParameterValueStruct><Name>Device.Lamp.Name</Name><Value>red</Value></ParameterValueStruct></ParameterList><ParameterKey/></cwmp:SetParameterValues>";

const faultBody = (code: number): string =>
  `<soap-env:Fault><faultcode>Client</faultcode><faultstring>CWMP fault</faultstring><detail><cwmp:Fault><FaultCode>${code}</FaultCode><FaultString>no</FaultString></cwmp:Fault></detail></soap-env:Fault>`;

function enveloped(header: string, body: string, breaks: string | undefined): string {
  const cwmp = breaks === "declares no namespace" ? "" : ` xmlns:cwmp="urn:dslforum-org:cwmp-1-2"`;
  return (
    `<soap-env:Envelope xmlns:soap-env="http://schemas.xmlsoap.org/soap/envelope/"${cwmp}>` +
    `<soap-env:Header>${header}</soap-env:Header><soap-env:Body>${body}</soap-env:Body></soap-env:Envelope>`
  );
}
