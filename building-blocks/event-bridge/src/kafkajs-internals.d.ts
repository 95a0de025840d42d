declare module 'kafkajs/src/network/requestQueue/index.js' {
  export default class RequestQueue {
    pending: unknown[];
    scheduleCheckPendingRequests(): void;
  }
}

declare module 'kafkajs/src/consumer/consumerGroup.js' {
  import type { Batch } from 'kafkajs';

  /** What a fetch brought for one partition. */
  export type FetchedBatch = Batch & { isEmptyDueToFiltering(): boolean };

  export default class ConsumerGroup {
    groupId: string;
    fetch(nodeId: number | string): Promise<FetchedBatch[]>;
  }
}

declare module 'snappyjs' {
  export function uncompress(bytes: Buffer): Buffer;
}
