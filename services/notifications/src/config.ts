import { AuthConfig, HttpConfig, KafkaConfig, NatsConfig } from '@orderstream/service-host';
import { z } from 'zod';

export const Config = z.object({ ...HttpConfig, ...AuthConfig, ...KafkaConfig, ...NatsConfig });
