import { expect } from 'chai';
import { outcomeOf } from './index-orders.js';

const error = (type: string) => ({ type, reason: '' });

describe('the result of a sent document', () => {
  it('is stored when it was written, or when the index has a newer version', () => {
    expect(outcomeOf({ status: 201 })).to.equal('stored');
    expect(outcomeOf({ status: 200 })).to.equal('stored');
    expect(outcomeOf({ status: 409, error: error('version_conflict_engine_exception') })).to.equal('stored');
  });

  it('is an outage while the server has no resources, no shard or a block', () => {
    expect(outcomeOf({ status: 429, error: error('es_rejected_execution_exception') })).to.equal('outage');
    expect(outcomeOf({ status: 503, error: error('unavailable_shards_exception') })).to.equal('outage');
    expect(outcomeOf({ status: 500, error: error('whatever') })).to.equal('outage');
    expect(outcomeOf({ status: 403, error: error('cluster_block_exception') })).to.equal('outage');
    expect(outcomeOf({ status: 429, error: error('cluster_block_exception') })).to.equal('outage');
  });

  it('is an outage while the index is closed or missing', () => {
    expect(outcomeOf({ status: 400, error: error('index_closed_exception') })).to.equal('outage');
    expect(outcomeOf({ status: 404, error: error('index_not_found_exception') })).to.equal('outage');
  });

  it('is a refusal when the document itself is not valid', () => {
    expect(outcomeOf({ status: 400, error: error('document_parsing_exception') })).to.equal('refused');
    expect(outcomeOf({ status: 400, error: error('mapper_parsing_exception') })).to.equal('refused');
    expect(outcomeOf({ status: 400, error: error('illegal_argument_exception') })).to.equal('refused');
    expect(outcomeOf({ status: 400, error: error('strict_dynamic_mapping_exception') })).to.equal('refused');
  });
});
