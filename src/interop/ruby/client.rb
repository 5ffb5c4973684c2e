# The grpc gem as a client of our server: client.rb PORT TLS_PORT CA_FILE

require 'google/protobuf/well_known_types'
require 'google/rpc/error_details_pb'
require 'grpc'
require 'grpc/google_rpc_status_utils'
require 'grpc/health/v1/health_services_pb'
require 'helloworld/greeter_services_pb'
require 'interop/probe_services_pb'
require 'service_services_pb'

PATIENCE = 20 # seconds, of every call that is not about deadlines
GREETINGS = ['Hello Ada', 'Hola Ada', 'Bonjour Ada', 'Hallo Ada', 'Ciao Ada'].freeze

PORT, TLS_PORT, CA_FILE = ARGV

def stub(service, port: PORT, credentials: :this_channel_is_insecure)
  # Without retries a call has one attempt, and its end is that attempt's.
  service::Stub.new("127.0.0.1:#{port}", credentials, timeout: PATIENCE,
                    channel_args: { 'grpc.enable_retries' => 0 })
end

GREETER = stub(Helloworld::Greeter)
HEALTH = stub(Grpc::Health::V1::Health)
PROBE = stub(Interop::Probe)
SERVICE = stub(Service)

# Not true of what was checked.
class Problem < StandardError; end

def equal(actual, expected)
  return if actual == expected

  raise Problem, "got #{actual.inspect[0, 200]}, expected #{expected.inspect[0, 200]}"
end

# Returns the error that the block ends with.
def failure
  result = yield
rescue GRPC::BadStatus => e
  e
else
  raise Problem, "got #{result.inspect[0, 200]}, expected an error"
end

def named(*names)
  names.map { |name| Helloworld::HelloRequest.new(name: name) }
end

def process(text)
  SERVICE.process(Request.new(text: text)).text
end

ADA = named('Ada').first

CHECKS = {
  'the tutorial' => lambda {
    ['hola', '', '不行'].each { |text| equal(process(text), text) }
  },

  'four shapes' => lambda {
    equal(GREETER.say_hello(ADA).message, 'Hello Ada')
    equal(GREETER.say_hello_in_many_languages(ADA).map(&:message), GREETINGS)
    equal(GREETER.say_hello_to_all(named('Ada', 'Bo', 'Cy')).message, 'Hello Ada, Bo and Cy')

    names = Queue.new
    requests = Enumerator.new do |sink|
      while (name = names.pop)
        sink << named(name).first
      end
    end
    replies = GREETER.chat(requests)
    %w[Ada Bo Cy].each do |name|
      names << name
      # The answer comes while the request stream is open.
      equal(replies.next.message, "Hello #{name}")
    end
    names << nil
    equal(replies.to_a, [])
  },

  'metadata both ways' => lambda {
    sent = { 'x-text' => ['one', 'two, three'], 'x-bytes-bin' => ["\0\1\xfe\xff".b, ''.b, 'abc'.b] }
    call = PROBE.echo(ADA, metadata: sent, return_op: true)
    call.execute
    [call.metadata, call.trailing_metadata].each do |received|
      sent.each { |key, values| equal(received[key].map(&:b), values.map(&:b)) }
    end
  },

  'errors with details' => lambda {
    error = failure { PROBE.fail(ADA) }
    equal(error.code, GRPC::Core::StatusCodes::INVALID_ARGUMENT)
    equal(error.details.dup.force_encoding('utf-8'), 'name: 100 % ungültig, 不行')
    detail = error.to_rpc_status.details.first.unpack(Google::Rpc::BadRequest)
    violation = detail.field_violations.first
    equal([violation.field, violation.description], ['name', 'refused: Ada'])
    equal(failure { PROBE.missing(ADA) }.class, GRPC::Unimplemented)
  },

  'deadline' => lambda {
    waiting = named('ruby deadline').first
    error = failure { PROBE.wait(waiting, deadline: Time.now + 0.3).to_a }
    equal(error.class, GRPC::DeadlineExceeded)
    equal(%w[DEADLINE_EXCEEDED CANCELLED].include?(PROBE.ended(waiting).message), true)
    call = PROBE.echo(ADA, deadline: Time.now + 15, return_op: true)
    call.execute
    millis = call.trailing_metadata['x-deadline-ms'].to_i
    # The server's own would be 30 s; the library rounds what it sends up to 100 ms.
    equal(millis.between?(1, 16_000), true)
  },

  'cancellation' => lambda {
    waiting = named('ruby cancel').first
    call = PROBE.wait(waiting, return_op: true)
    replies = call.execute
    equal(replies.next.message, 'waiting')
    call.cancel
    equal(failure { replies.next }.class, GRPC::Cancelled)
    equal(PROBE.ended(waiting).message, 'CANCELLED')
  },

  'large messages' => lambda {
    equal(process('x' * (3 << 20)).size, 3 << 20)
    equal(failure { process('x' * (5 << 20)) }.class, GRPC::ResourceExhausted)
    equal(process('on'), 'on')
  },

  'health' => lambda {
    check = ->(name) { HEALTH.check(Grpc::Health::V1::HealthCheckRequest.new(service: name)) }
    ['', 'helloworld.Greeter', 'interop.Probe'].each do |name|
      equal(check.call(name).status, :SERVING)
    end
    equal(failure { check.call('nobody') }.class, GRPC::NotFound)
  },

  'TLS' => lambda {
    secure = GRPC::Core::ChannelCredentials.new(File.read(CA_FILE))
    trusted = stub(Helloworld::Greeter, port: TLS_PORT, credentials: secure)
    equal(trusted.say_hello(ADA).message, 'Hello Ada')
    anybody = GRPC::Core::ChannelCredentials.new
    strict = stub(Helloworld::Greeter, port: TLS_PORT, credentials: anybody)
    equal(failure { strict.say_hello(ADA) }.class, GRPC::Unavailable)
  },
}.freeze

def reason(error)
  line = error.backtrace_locations
              .find { |place| place.path == $PROGRAM_NAME && place.label.start_with?('block') }
  "client.rb:#{line&.lineno} #{error.message}".split.join(' ')
end

$stdout.sync = true
CHECKS.each do |name, check|
  check.call
  puts "passed\t#{name}"
rescue StandardError => e
  puts "failed\t#{name}\t#{reason(e)}"
end
puts 'end'
