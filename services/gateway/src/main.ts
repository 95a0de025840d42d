import { loadConfig, runService } from '@orderstream/service-host';
import { Config } from './config.js';
import { gateway } from './gateway.js';

await runService('gateway', gateway(loadConfig(Config)).components);
