#include "core/model/device.h"

#include <QTest>

using namespace winnow;

class DeviceTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aSplitOverDevicesIsRefusedByName_data()
    {
        QTest::addColumn<QString>("name");
        for (const char *name : {"cuda:0,cpu", "cpu,cuda", "cuda+cpu", "cuda:0 cuda:1", "cuda:0;cuda:1"})
            QTest::newRow(name) << name;
    }
    void aSplitOverDevicesIsRefusedByName()
    {
        QFETCH(QString, name);
        const auto device = chooseDevice(name.toStdString());
        QVERIFY(!device);
        QCOMPARE(device.error().code, ErrorCode::Unsupported);
        QVERIFY2(device.error().message.find("one device") != std::string::npos, device.error().message.c_str());
        QVERIFY(device.error().message.find(name.toStdString()) != std::string::npos);
    }

    void unknownDevicesAreRefusedWithTheKnownOnes()
    {
        for (const char *name : {"gpu", "cuda:", "cuda:x", "cuda:-1", "CPU", "mps"}) {
            const auto device = chooseDevice(name);
            QVERIFY2(!device, name);
            QCOMPARE(device.error().code, ErrorCode::BadInput);
            QVERIFY(device.error().hint.find("cuda:0") != std::string::npos);
        }
        QVERIFY(chooseDevice("cpu")->is_cpu());
        QVERIFY(chooseDevice("auto"));
    }

    void availableMemoryIsBetweenNothingAndTheMachine()
    {
        const int64_t available = availableMemoryBytes();
        QVERIFY(available > 0);
        QVERIFY(available < int64_t{1} << 50);
    }
};

QTEST_GUILESS_MAIN(DeviceTest)
#include "device_test.moc"
