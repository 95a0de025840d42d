import { AuthConfig, DatabaseConfig, HttpConfig, KafkaConfig } from '@orderstream/service-host';
import { z } from 'zod';

export const Config = z.object({ ...HttpConfig, ...AuthConfig, ...DatabaseConfig, ...KafkaConfig });
