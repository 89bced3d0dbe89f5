# Every vendor's package, found once, under the name its own build gives it. Which library may use which
# is said (and enforced) by tests/tidy. Versions: deploy/packages.txt.

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)

find_package(absl CONFIG REQUIRED)          # absl::status absl::statusor absl::strings absl::time …
find_package(Protobuf REQUIRED)             # module mode: Debian ships no config; protobuf::libprotobuf
find_package(gRPC CONFIG REQUIRED)          # gRPC::grpc++ gRPC::grpc++_reflection (health is in grpc++)

pkg_check_modules(rdkafka REQUIRED IMPORTED_TARGET rdkafka)      # PkgConfig::rdkafka
pkg_check_modules(sodium REQUIRED IMPORTED_TARGET libsodium)     # PkgConfig::sodium
pkg_check_modules(libzstd REQUIRED IMPORTED_TARGET libzstd)      # PkgConfig::libzstd (RocksDB looks for "zstd" itself)
find_package(ICU 72 REQUIRED COMPONENTS uc i18n)                 # ICU::uc ICU::i18n
find_package(OpenSSL 3 REQUIRED)                                 # OpenSSL::Crypto OpenSSL::SSL
find_package(spdlog REQUIRED)                                    # spdlog::spdlog
find_package(CLI11 REQUIRED)                                     # CLI11::CLI11
find_package(tomlplusplus REQUIRED)                              # tomlplusplus::tomlplusplus
find_package(prometheus-cpp REQUIRED)                            # prometheus-cpp::core prometheus-cpp::pull
find_package(nlohmann_json REQUIRED)                             # nlohmann_json::nlohmann_json

find_package(GTest REQUIRED)                                     # linked by carnet_test()
find_package(benchmark REQUIRED)                                 # benchmark::benchmark
find_package(rapidcheck REQUIRED)                                # rapidcheck rapidcheck_gtest

pkg_check_modules(minizip REQUIRED IMPORTED_TARGET minizip)      # PkgConfig::minizip
find_package(pugixml REQUIRED)                                   # pugixml::pugixml

# libcsv and libxlsxwriter ship no CMake config of use.
foreach(vendor csv xlsxwriter)
  find_path(CARNET_${vendor}_INCLUDE_DIR ${vendor}.h REQUIRED)
  find_library(CARNET_${vendor}_LIBRARY ${vendor} REQUIRED)
  add_library(carnet_${vendor} INTERFACE)
  target_include_directories(carnet_${vendor} SYSTEM INTERFACE "${CARNET_${vendor}_INCLUDE_DIR}")
  target_link_libraries(carnet_${vendor} INTERFACE "${CARNET_${vendor}_LIBRARY}")
  add_library(carnet::${vendor} ALIAS carnet_${vendor})
endforeach()

# libphonenumber ships neither a CMake config nor a .pc file.
find_path(PHONENUMBER_INCLUDE_DIR phonenumbers/phonenumberutil.h REQUIRED)
find_library(PHONENUMBER_LIBRARY phonenumber REQUIRED)
add_library(carnet_phonenumber INTERFACE)
target_include_directories(carnet_phonenumber SYSTEM INTERFACE "${PHONENUMBER_INCLUDE_DIR}")
target_link_libraries(carnet_phonenumber INTERFACE "${PHONENUMBER_LIBRARY}")
add_library(carnet::phonenumber ALIAS carnet_phonenumber)

# One name for RocksDB, whichever build of it: Debian's has assertions and software CRC in it and is about
# 1.5 times slower than the same source built with -DNDEBUG -DPORTABLE=OFF.
add_library(carnet_rocksdb INTERFACE)
if(CARNET_ROCKSDB_ROOT)
  find_package(RocksDB CONFIG REQUIRED PATHS "${CARNET_ROCKSDB_ROOT}" NO_DEFAULT_PATH)
else()
  find_package(RocksDB CONFIG REQUIRED)
endif()
if(TARGET RocksDB::rocksdb-shared)
  target_link_libraries(carnet_rocksdb INTERFACE RocksDB::rocksdb-shared)
else()
  target_link_libraries(carnet_rocksdb INTERFACE RocksDB::rocksdb)
endif()
add_library(carnet::rocksdb ALIAS carnet_rocksdb)
message(STATUS "RocksDB ${RocksDB_VERSION} from ${RocksDB_DIR}")
