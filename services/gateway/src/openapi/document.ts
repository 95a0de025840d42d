/** The parts of an OpenAPI 3.1 document that the gateway reads. Everything else is passed on as it is. */
export type Json = Record<string, unknown>;

export type Operation = {
  operationId: string;
  tags: string[];
  security?: Record<string, string[]>[];
  requestBody?: Json;
  responses: Record<string, Json>;
} & Json;

export type OpenApiDocument = {
  info: { title: string; description?: string };
  paths: Record<string, Record<string, Operation>>;
  components?: { schemas?: Record<string, Json> };
};
