package dev.grpcbackend.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Timestamp;
import com.google.rpc.ErrorInfo;
import dev.grpcbackend.call.BoundMethod;
import dev.grpcbackend.call.MethodTable;
import dev.grpcbackend.call.ServerCalls;
import dev.grpcbackend.testing.echo.Everything;
import dev.grpcbackend.testing.echo.Inner;
import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class JsonTest {

  static final Json JSON = json();

  private static Json json() {
    MethodTable methods = new MethodTable();
    methods.add(BoundMethod.of(
        "echo.v1.Echo/Get",
        Everything.class,
        Everything.class,
        ServerCalls.unary((request, call) -> Future.succeededFuture(request))));
    return new Json(methods);
  }

  static Everything read(String json) throws JsonException {
    return read(json.getBytes(StandardCharsets.UTF_8));
  }

  private static Everything read(byte[] json) throws JsonException {
    return (Everything) JSON.read(json, 0, json.length, Everything.getDefaultInstance());
  }

  private static String print(com.google.protobuf.Message message) throws JsonException {
    return new String(JSON.print(message), StandardCharsets.UTF_8);
  }

  private static void refuses(String json, String complaint) {
    assertThatThrownBy(() -> read(json)).isInstanceOf(JsonException.class).hasMessage(complaint);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        " { } ",
        "{\"text\":\"Ada\"}",
        "{\"text\":\"\\u00e9\\ud83d\\ude00\\\"\\\\\\/\\b\\f\\n\\r\\t\"}",
        "{\"text\":\"é😀\"}",
        "{\"data\":\"AQI=\",\"flag\":true,\"int32Value\":-5,\"int64Value\":\"-9223372036854775808\"}",
        "{\"int64_value\":\"-9223372036854775808\",\"uint32Value\":4294967295}",
        "{\"int64Value\":9223372036854775807,\"uint64Value\":18446744073709551615}",
        "{\"uint64Value\":\"18446744073709551615\",\"sint32Value\":-2147483648}",
        "{\"int32Value\":1.0,\"int64Value\":1e3,\"uint64Value\":\"1.50e1\",\"fixed64Value\":0e9}",
        "{\"floatValue\":3.4028235e38,\"doubleValue\":1.7976931348623157e308}",
        "{\"floatValue\":\"NaN\",\"doubleValue\":\"-Infinity\"}",
        "{\"color\":\"GREEN\",\"colors\":[\"RED\",2,77]}",
        "{\"inner\":{\"label\":\"a\",\"inner\":{\"count\":3,\"tags\":[\"x\",\"y\"]}}}",
        "{\"texts\":[\"a\",\"\"],\"numbers\":[1,\"2\"],\"inners\":[{},{\"label\":\"b\"}]}",
        "{\"labels\":{\"a\":\"b\",\"\":\"\"},\"innersByNumber\":{\"-1\":{\"count\":1},\"2\":{}}}",
        "{\"colorsByFlag\":{\"true\":\"RED\",\"false\":2}}",
        "{\"maybeText\":\"\",\"maybeNumber\":0}",
        "{\"text\":null,\"inner\":null,\"texts\":null,\"labels\":null,\"time\":null}",
        "{\"chosenText\":\"\"}",
        "{\"chosenText\":null,\"chosenInner\":{}}",
        "{\"chosenNull\":null}",
        "{\"nothing\":null}",
        "{\"time\":\"1972-01-01T10:00:20.021Z\",\"times\":[\"2000-02-29T23:59:59.999999999+14:00\"]}",
        "{\"time\":\"0001-01-01T00:00:00Z\",\"duration\":\"-1.5s\"}",
        "{\"time\":\"9999-12-31T23:59:59.999999999Z\",\"duration\":\"315576000000s\"}",
        "{\"duration\":\"0.000000001s\",\"mask\":\"text,inner.label,int32Value\"}",
        "{\"struct\":{\"a\":[1,true,null,{\"b\":\"c\"}]},\"value\":null,\"list\":[[],{}]}",
        "{\"value\":{\"a\":1.5},\"values\":[null,\"x\",false]}",
        "{\"boolWrapper\":false,\"int32Wrapper\":7,\"uint64Wrapper\":\"8\",\"stringWrapper\":\"\"}",
        "{\"bytesWrapper\":\"_-8\",\"doubleWrapper\":1.5}",
        "{\"any\":{}}",
        "{\"any\":{\"@type\":\"type.googleapis.com/echo.v1.Inner\",\"label\":\"a\",\"count\":2}}",
        "{\"any\":{\"label\":\"a\",\"@type\":\"type.googleapis.com/echo.v1.Inner\"}}",
        "{\"any\":{\"value\":\"1.5s\",\"@type\":\"type.googleapis.com/google.protobuf.Duration\"}}",
        "{\"any\":{\"@type\":\"a/google.protobuf.Any\",\"value\":"
            + "{\"@type\":\"b/google.protobuf.Value\",\"value\":[1]}}}",
        "{\"any\":{\"@type\":\"a/google.protobuf.Empty\"}}",
      })
  void readsWhatProtobufReadsAndPrintsWhatItReads(String json) throws Exception {
    Everything.Builder expected = Everything.newBuilder();
    com.google.protobuf.util.JsonFormat.parser()
        .usingTypeRegistry(com.google.protobuf.TypeRegistry.newBuilder()
            .add(Everything.getDescriptor())
            .add(com.google.protobuf.Empty.getDescriptor())
            .build())
        .merge(json, expected);
    Everything read = read(json);
    assertThat(read).isEqualTo(expected.build());
    assertThat(read(print(read))).isEqualTo(read);
  }

  @Test
  void readsDynamicMessages() throws JsonException {
    byte[] json =
        "{\"inner\":{\"label\":\"a\"},\"time\":\"1970-01-01T00:00:07Z\",\"labels\":{\"k\":\"v\"}}"
            .getBytes(StandardCharsets.UTF_8);
    DynamicMessage empty = DynamicMessage.getDefaultInstance(Everything.getDescriptor());
    assertThat(JSON.read(json, 0, json.length, empty).toByteString())
        .isEqualTo(Everything.newBuilder()
            .setInner(Inner.newBuilder().setLabel("a"))
            .setTime(Timestamp.newBuilder().setSeconds(7))
            .putLabels("k", "v")
            .build()
            .toByteString());
  }

  @Test
  void knowsTheTypesOfStandardErrorDetails() throws JsonException {
    assertThat(print(Any.pack(ErrorInfo.newBuilder().setReason("R").build())))
        .isEqualTo("{\"@type\":\"type.googleapis.com/google.rpc.ErrorInfo\",\"reason\":\"R\"}");
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
      {"nme":"Ada"}                    | unknown field "nme" of echo.v1.Everything
      {"inner":{"lable":"Ada"}}        | inner: unknown field "lable" of echo.v1.Inner
      {"inners":[{},{"x":1}]}          | inners[1]: unknown field "x" of echo.v1.Inner
      {"innersByNumber":{"7":{"x":1}}} | innersByNumber["7"]: unknown field "x" of echo.v1.Inner
      {"text":"a","text":"b"}          | field "text" is given twice
      {"int32Value":1,"int32_value":1} | field "int32Value" is given twice
      {"text":null,"text":"b"}         | field "text" is given twice
      {"labels":{"a":"b","a":"c"}}     | labels: field "a" is given twice
      {"struct":{"a":1,"a":2}}         | struct: field "a" is given twice
      {"chosenText":"","chosenInner":{}} | chosenInner: only one field of choice may be given, chosenText is
      {"text":5}                       | text: a number (expected: string)
      {"text":["a"]}                   | text: an array (expected: string)
      {"text":{}}                      | text: an object (expected: string)
      {"text":true}                    | text: a boolean (expected: string)
      {"flag":"true"}                  | flag: a string (expected: bool)
      {"flag":1}                       | flag: a number (expected: bool)
      {"data":"!"}                     | data: "!" (expected: bytes in base64)
      {"data":[1]}                     | data: an array (expected: bytes in base64)
      {"int32Value":2147483648}        | int32Value: "2147483648" (expected: int32)
      {"int32Value":1.5}               | int32Value: "1.5" (expected: int32)
      {"int32Value":"x"}               | int32Value: "x" (expected: int32)
      {"int32Value":""}                | int32Value: "" (expected: int32)
      {"int32Value":" 1"}              | int32Value: " 1" (expected: int32)
      {"int32Value":"+1"}              | int32Value: "+1" (expected: int32)
      {"int32Value":[1]}               | int32Value: an array (expected: int32)
      {"int32Value":1e1000000000}      | int32Value: "1e1000000000" (expected: int32)
      {"int64Value":9223372036854775808} | int64Value: "9223372036854775808" (expected: int64)
      {"uint32Value":-1}               | uint32Value: "-1" (expected: uint32)
      {"uint32Value":4294967296}       | uint32Value: "4294967296" (expected: uint32)
      {"uint64Value":-1}               | uint64Value: "-1" (expected: uint64)
      {"uint64Value":"1e1000000000"}   | uint64Value: "1e1000000000" (expected: uint64)
      {"uint64Value":1e99999999999}    | uint64Value: "1e99999999999" (expected: uint64)
      {"fixed64Value":18446744073709551616} | fixed64Value: "18446744073709551616" (expected: fixed64)
      {"floatValue":3.5e38}            | floatValue: "3.5e38" (expected: float)
      {"doubleValue":1e309}            | doubleValue: "1e309" (expected: double)
      {"doubleValue":"1d"}             | doubleValue: "1d" (expected: double)
      {"color":"BLUE"}                 | color: "BLUE" (expected: a value of echo.v1.Color)
      {"color":"1"}                    | color: "1" (expected: a value of echo.v1.Color)
      {"color":1.5}                    | color: "1.5" (expected: a value of echo.v1.Color)
      {"color":true}                   | color: a boolean (expected: a value of echo.v1.Color)
      {"inner":[]}                     | inner: an array (expected: an object)
      {"inner":"a"}                    | inner: a string (expected: an object)
      {"texts":"a"}                    | texts: a string (expected: an array)
      {"texts":[null]}                 | texts[0]: null (expected: string)
      {"inners":[null]}                | inners[0]: null (expected: an object)
      {"labels":[]}                    | labels: an array (expected: an object)
      {"labels":{"a":null}}            | labels["a"]: null (expected: string)
      {"innersByNumber":{"x":{}}}      | innersByNumber: "x" (expected: int32)
      {"time":"yesterday"}             | time: "yesterday" (expected: a time of the years 1 to 9999 such as 1972-01-01T10:00:20.021Z)
      {"time":"2023-02-30T00:00:00Z"}  | time: "2023-02-30T00:00:00Z" (expected: a time of the years 1 to 9999 such as 1972-01-01T10:00:20.021Z)
      {"time":"2023-02-03t00:00:00z"}  | time: "2023-02-03t00:00:00z" (expected: a time of the years 1 to 9999 such as 1972-01-01T10:00:20.021Z)
      {"time":"0000-12-31T00:00:00Z"}  | time: "0000-12-31T00:00:00Z" (expected: a time of the years 1 to 9999 such as 1972-01-01T10:00:20.021Z)
      {"time":5}                       | time: a number (expected: a string)
      {"duration":"1"}                 | duration: "1" (expected: seconds such as 1.5s, at most 315576000000s)
      {"duration":"315576000000.1s"}   | duration: "315576000000.1s" (expected: seconds such as 1.5s, at most 315576000000s)
      {"mask":"int32_value"}           | mask: "int32_value" (expected: field names in lowerCamelCase, separated by commas)
      {"struct":[]}                    | struct: an array (expected: an object)
      {"list":{}}                      | list: an object (expected: an array)
      {"int32Wrapper":"x"}             | int32Wrapper: "x" (expected: int32)
      {"any":{"label":"a"}}            | any: no @type (expected: the type of the message)
      {"any":{"@type":5}}              | any.@type: a number (expected: a string)
      {"any":{"@type":"a/b.C"}}        | any.@type: "a/b.C" (expected: the URL of a type that is served)
      {"any":{"@type":"echo.v1.Inner"}} | any.@type: "echo.v1.Inner" (expected: the URL of a type that is served)
      {"any":{"@type":"a/echo.v1.Inner","@type":"a/echo.v1.Inner"}} | any: field "@type" is given twice
      {"any":{"@type":"a/echo.v1.Inner","x":1}} | any: unknown field "x" of echo.v1.Inner
      {"any":{"@type":"a/google.protobuf.Duration","x":1}} | any: unknown field "x" of google.protobuf.Duration
      {"any":{"@type":"a/google.protobuf.Duration","value":1}} | any.value: a number (expected: a string)
      []                               | an array (expected: an object)
      "a"                              | a string (expected: an object)
      null                             | null (expected: an object)
      """)
  void namesTheFieldThatIsWrong(String json, String complaint) {
    refuses(json, complaint);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
      ~~                         | 0  | a value
      {                          | 1  | a name in quotes
      {"text"                    | 7  | :
      {"text":                   | 8  | a value
      {"text":}                  | 8  | a value
      {"text":"a                 | 10 | the end of a string
      {"text":"a\\               | 11 | one of " \\ / b f n r t u
      {"text":"\\x"}             | 10 | one of " \\ / b f n r t u
      {"text":"\\u12G4"}         | 13 | four hexadecimal digits
      {"text":"\\ud800"}         | 15 | a pair of surrogates
      {"text":"\\ud800\\u0041"}  | 21 | a pair of surrogates
      {"text":"\\udc00"}         | 15 | a pair of surrogates
      {"text":"a",}              | 12 | a name in quotes
      {"texts":["a",]}           | 14 | a value
      {"texts":["a" "b"]}        | 14 | a comma or ]
      {"text":"a" "flag":true}   | 12 | a comma or }
      {"text":"a"}x              | 12 | the end
      {} {}                      | 3  | the end
      {text:"a"}                 | 1  | a name in quotes
      {'text':"a"}               | 1  | a name in quotes
      {"text":'a'}               | 8  | a value
      {"int32Value":01}          | 14 | a number
      {"int32Value":+1}          | 14 | a value
      {"int32Value":.5}          | 14 | a value
      {"int32Value":5.}          | 14 | a number
      {"int32Value":0x10}        | 15 | a comma or }
      {"doubleValue":NaN}        | 15 | a value
      {"flag":tru}               | 11 | a value
      {"flag":TRUE}              | 8  | a value
      {/**/}                     | 1  | a name in quotes
      # comment                  | 0  | a value
      )]}'                       | 0  | a value
      """)
  void saysWhereTheTextIsNoJson(String json, int position, String expected) {
    refuses(json, "malformed JSON at byte " + position + " (expected: " + expected + ")");
  }

  @Test
  void refusesAByteOrderMark() {
    refuses("\uFEFF{}", "malformed JSON at byte 0 (expected: no byte order mark)");
  }

  @Test
  void refusesAControlCharacterInAString() {
    refuses(
        "{\"text\":\"a\n\"}",
        "malformed JSON at byte 10 (expected: no control character in a string)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"80", "c080", "eda080", "f5808080", "e282", "ff"})
  void refusesInvalidUtf8(String hex) {
    byte[] bytes =
        ("{\"text\":\"" + "?".repeat(hex.length() / 2) + "\"}").getBytes(StandardCharsets.US_ASCII);
    byte[] invalid = java.util.HexFormat.of().parseHex(hex);
    System.arraycopy(invalid, 0, bytes, 9, invalid.length);
    assertThatThrownBy(() -> read(bytes))
        .hasMessage("malformed JSON at byte 9 (expected: a string in UTF-8)");
  }

  @Test
  void nestsAHundredLevels() throws JsonException {
    String within = "{\"inner\":".repeat(99) + "{}" + "}".repeat(99);
    assertThat(read(within).hasInner()).isTrue();
    String beyond = "{\"inner\":".repeat(100) + "{}" + "}".repeat(100);
    assertThatThrownBy(() -> read(beyond)).hasMessageEndingWith("nested more than 100 levels deep");
    String lists = "{\"value\":" + "[".repeat(4 << 20);
    assertThatThrownBy(() -> read(lists)).hasMessageEndingWith("nested more than 100 levels deep");
    String any = "{\"any\":{\"a\":" + "[".repeat(4 << 20);
    assertThatThrownBy(() -> read(any)).hasMessageEndingWith("nested more than 100 levels deep");
  }

  @Test
  void repeatsLittleOfWhatWasWrong() {
    String long_ = "a".repeat(100_000);
    refuses(
        "{\"" + long_ + "\":1}",
        "unknown field \"" + "a".repeat(40) + "...\" of echo.v1.Everything");
    refuses(
        "{\"int32Value\":\"" + long_ + "\"}",
        "int32Value: \"" + "a".repeat(40) + "...\" (expected: int32)");
  }

  /** Protobuf's own parser computes with all digits, which takes the square of their number. */
  @ParameterizedTest
  @ValueSource(strings = {"int32Value", "uint64Value", "floatValue", "doubleValue"})
  void doesNotComputeWithMillionsOfDigits(String field) {
    String json = "{\"" + field + "\":" + "7".repeat(4_000_000) + "}";
    org.junit.jupiter.api.Assertions.assertTimeoutPreemptively(
        Duration.ofSeconds(10),
        () -> assertThatThrownBy(() -> read(json)).isInstanceOf(JsonException.class));
  }

  @Test
  void saysWhatHasNoJsonForm() {
    Everything unknown =
        Everything.newBuilder().setAny(Any.newBuilder().setTypeUrl("a/b.C")).build();
    assertThatThrownBy(() -> print(unknown))
        .isInstanceOf(JsonException.class)
        .hasMessage("echo.v1.Everything with a value that has no JSON form");
    Everything outOfRange = Everything.newBuilder()
        .setTime(Timestamp.newBuilder().setSeconds(Long.MAX_VALUE))
        .build();
    assertThatThrownBy(() -> print(outOfRange)).isInstanceOf(JsonException.class);
  }
}
