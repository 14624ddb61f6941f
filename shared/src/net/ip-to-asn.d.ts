declare module 'ip-to-asn' {
  interface IpToAsnAnswer {
    range?: string;
    countryCode?: string;
    ASN: string;
    registrar?: string;
    dateString?: string;
    description?: string;
  }

  type IpToAsnAnswers = Record<string, IpToAsnAnswer>;

  class IpToAsn {
    /** Goes to `net.connect` as it is. */
    serviceOptions: { host: string; port: number; signal?: AbortSignal };
    /** The callback is called once for every chunk that arrives, and for an error of the connection. */
    query(addresses: string[], callback: (error: Error | null, answers: IpToAsnAnswers | null) => void): void;
    _handleResponse(response: string): IpToAsnAnswers;
  }

  export = IpToAsn;
}
