import type { Component } from './component.js';

export declare const runService: (name: string, components: readonly Component[]) => Promise<void>;
