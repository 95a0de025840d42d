/** The part of the WebSocket API that the client uses: the browsers', Node's (from 22) and `ws`'s all fit. */
export type WebSocketLike = {
  // biome-ignore lint/suspicious/noExplicitAny: the implementations type their events each in their own way
  onopen: ((event: any) => void) | null;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  onmessage: ((event: any) => void) | null;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  onclose: ((event: any) => void) | null;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  onerror: ((event: any) => void) | null;
  send(text: string): void;
  close(code?: number, reason?: string): void;
};

export type WebSocketConstructor = new (url: string) => WebSocketLike;
